"""A small OpenID provider out of authlib's own grants, for tests. Its settings come as JSON in AUTHLIB_SERVER."""

import json
import os
import secrets
import threading
import time

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector, current_token
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants, list_to_scope, scope_to_list
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import AuthorizationCodeMixin, OpenIDCode, OpenIDToken, UserInfo
from flask import Flask, Response, jsonify, redirect, request, session
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

SETTINGS = json.loads(os.environ["AUTHLIB_SERVER"])
ISSUER = SETTINGS["issuer"]
PASSWORDS = {member["login"]: member["password"] for member in SETTINGS["members"]}
SCOPES = ["openid", "profile", "email", "offline_access"]

codes = {}
tokens = []
keys = []


def add_key():
    """The newest key signs; the others stay for those who still check with them."""
    kid = secrets.token_hex(8)
    keys.insert(0, RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"}))


class Client(ClientMixin):
    def __init__(self, settings):
        self.client_id = settings["clientId"]
        self.client_secret = settings["clientSecret"]
        self.redirect_uri = settings["redirectUri"]

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return self.redirect_uri

    def get_allowed_scope(self, scope):
        return list_to_scope([one for one in scope_to_list(scope) or [] if one in SCOPES])

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret):
        return secrets.compare_digest(client_secret, self.client_secret)

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type in ("authorization_code", "refresh_token")


CLIENT = Client(SETTINGS["client"])


class Code(AuthorizationCodeMixin):
    def __init__(self, code, payload, user):
        self.code = code
        self.redirect_uri = payload.redirect_uri
        self.scope = payload.scope
        self.nonce = payload.data.get("nonce")
        self.code_challenge = payload.data.get("code_challenge")
        self.code_challenge_method = payload.data.get("code_challenge_method")
        self.user = user
        self.auth_time = int(time.time())

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return self.nonce

    def get_auth_time(self):
        return self.auth_time

    def get_acr(self):
        return None

    def get_amr(self):
        return None


class Token(TokenMixin):
    def __init__(self, token, user):
        self.access_token = token["access_token"]
        self.refresh_token = token.get("refresh_token")
        self.scope = token.get("scope", "")
        self.user = user
        self.expires_at = time.time() + token["expires_in"]
        self.access_revoked = False
        self.refresh_revoked = False

    def check_client(self, client):
        return client.get_client_id() == CLIENT.client_id

    def get_scope(self):
        return self.scope

    def get_expires_in(self):
        return int(self.expires_at - time.time())

    def is_expired(self):
        return self.expires_at < time.time()

    def is_revoked(self):
        return self.access_revoked

    def get_user(self):
        return self.user

    def get_client(self):
        return CLIENT


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

    def save_authorization_code(self, code, request):
        codes[code] = Code(code, request.payload, request.user)

    def query_authorization_code(self, code, client):
        return codes.get(code)

    def delete_authorization_code(self, authorization_code):
        codes.pop(authorization_code.code, None)

    def authenticate_user(self, authorization_code):
        return authorization_code.user


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token):
        for token in tokens:
            if token.refresh_token == refresh_token and not token.refresh_revoked:
                return token
        return None

    def authenticate_user(self, refresh_token):
        return refresh_token.user

    def revoke_old_credential(self, refresh_token):
        refresh_token.refresh_revoked = True


class Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = ["client_secret_basic"]

    def query_token(self, token_string, token_type_hint):
        for token in tokens:
            if token_string in (token.access_token, token.refresh_token):
                return token
        return None

    def revoke_token(self, token, request):
        token.access_revoked = True
        token.refresh_revoked = True


class Validator(BearerTokenValidator):
    def authenticate_token(self, token_string):
        return next((token for token in tokens if token.access_token == token_string), None)


def user_info(user):
    return UserInfo(sub=f"id-of-{user}", name=user, email=f"{user}@acme.example", email_verified=True)


class IdToken(OpenIDCode):
    def exists_nonce(self, nonce, request):
        return any(code.nonce == nonce for code in codes.values())

    def resolve_client_private_key(self, client):
        return keys[0]

    def get_encode_header(self, client):
        return {"alg": "RS256", "kid": keys[0].kid}

    def get_client_claims(self, client):
        return {"iss": ISSUER, "aud": [client.get_client_id()]}

    def generate_user_info(self, user, scope):
        return user_info(user)


class IdTokenOfRefresh(OpenIDToken):
    resolve_client_private_key = IdToken.resolve_client_private_key
    get_encode_header = IdToken.get_encode_header
    get_client_claims = IdToken.get_client_claims
    generate_user_info = IdToken.generate_user_info


def save_token(token, request):
    tokens.append(Token(token, request.user))


app = Flask(__name__)
app.secret_key = secrets.token_hex(32)
app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
server = AuthorizationServer(
    app,
    query_client=lambda client_id: CLIENT if client_id == CLIENT.client_id else None,
    save_token=save_token,
)
server.register_grant(CodeGrant, [IdToken(), CodeChallenge(required=True)])
server.register_grant(RefreshGrant, [IdTokenOfRefresh()])
server.register_endpoint(Revocation)
require_oauth = ResourceProtector()
require_oauth.register_token_validator(Validator())

LOGIN = """<!doctype html><title>Log in</title><form method="post">
<input name="username"><input name="password" type="password"><button name="step" value="login">Log in</button></form>"""
CONSENT = """<!doctype html><title>Consent</title><form method="post">
<button name="step" value="allow">Allow</button></form>"""


@app.get("/.well-known/openid-configuration")
def discovery():
    return jsonify(
        issuer=ISSUER,
        authorization_endpoint=f"{ISSUER}/authorize",
        token_endpoint=f"{ISSUER}/token",
        revocation_endpoint=f"{ISSUER}/revoke",
        userinfo_endpoint=f"{ISSUER}/userinfo",
        jwks_uri=f"{ISSUER}/jwks",
        response_types_supported=["code"],
        grant_types_supported=["authorization_code", "refresh_token"],
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=["RS256"],
        token_endpoint_auth_methods_supported=["client_secret_basic"],
        code_challenge_methods_supported=["S256"],
        scopes_supported=SCOPES,
    )


@app.get("/jwks")
def jwks():
    return jsonify(keys=[key.as_dict(private=False) for key in keys])


@app.route("/authorize", methods=["GET", "POST"])
def authorize():
    if request.method == "POST" and request.form.get("step") == "login":
        login = request.form.get("username", "")
        if PASSWORDS.get(login) == request.form.get("password"):
            session["user"] = login
            session["asked"] = request.args["state"]
        return redirect(request.full_path, 303)
    # Each request is a new log-in: there is no single sign-on in something so small.
    user = session.get("user") if session.get("asked") == request.args.get("state") else None
    try:
        grant = server.get_consent_grant(end_user=user)
    except OAuth2Error as error:
        return server.handle_error_response(request, error)
    if user is None:
        return LOGIN
    if request.method == "GET":
        return CONSENT
    return server.create_authorization_response(grant=grant, grant_user=user)


@app.post("/token")
def token():
    return server.create_token_response()


@app.post("/revoke")
def revoke():
    return server.create_endpoint_response("revocation")


@app.get("/userinfo")
@require_oauth("openid")
def userinfo():
    return jsonify(user_info(current_token.user))


operator = Flask("operator")


@operator.post("/rotate-keys")
def rotate_keys():
    add_key()
    return Response(status=204)


@operator.post("/end-grants")
def end_grants():
    for one in tokens:
        if one.user == request.args["login"]:
            one.access_revoked = one.refresh_revoked = True
    return Response(status=204)


add_key()
threading.Thread(
    target=make_server("127.0.0.1", SETTINGS["adminPort"], operator).serve_forever, daemon=True
).start()
make_server("127.0.0.1", SETTINGS["port"], app, threaded=True).serve_forever()
