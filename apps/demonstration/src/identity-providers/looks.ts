import type { Look } from './pages.js';

const SHARED_STYLES = `
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;line-height:1.5}
h1{font-size:1.4rem;line-height:1.25;margin:0 0 1.25rem}
label{display:block;font-weight:600;margin:0 0 .3rem}
input{display:block;width:100%;font:inherit;padding:.6rem .75rem;margin:0 0 1.1rem}
.buttons{display:flex;gap:.75rem;margin-top:.5rem}
button{font:inherit;font-weight:600;padding:.6rem 1.2rem;cursor:pointer}
ul{padding-left:1.2rem}
li{margin:.35rem 0}
.hint{font-size:.875rem;margin:1.5rem 0 0}
.tagline{display:block;font-size:.875rem}`;

/** Acme: a calm company portal, light, a blue band on the left. */
export const ACME_LOOK: Look = {
  provider: 'acme-sso',
  brand: 'Acme',
  tagline: 'Single sign-on for people at Acme',
  loginHeading: 'Sign in to Acme',
  consentHeading: (client) => `${client} asks for access to your Acme account`,
  scopeWords: {
    openid: 'Know who you are',
    profile: 'See your name',
    email: 'See your email address',
    offline_access: 'Stay connected while you are away',
  },
  styles: `${SHARED_STYLES}
body{background:#e9eef5;color:#152238;font-family:Georgia,'Times New Roman',serif}
main{display:grid;grid-template-columns:15rem minmax(0,26rem);background:#fff;box-shadow:0 1rem 3rem #1522382e}
header{background:#12408a;color:#fff;padding:2.5rem 1.75rem}
.brand{display:block;font-size:2.25rem;font-weight:700;letter-spacing:-.02em}
section{padding:2.5rem 2.25rem;font-family:system-ui,sans-serif}
h1{font-family:Georgia,'Times New Roman',serif}
input{border:1px solid #76839b;border-radius:3px;background:#fff;color:inherit}
button{border:1px solid #12408a;border-radius:3px;background:#12408a;color:#fff}
button.quiet{background:#fff;color:#12408a}
:focus-visible{outline:3px solid #f0a202;outline-offset:2px}
.problem{background:#fdecea;border-left:4px solid #b3261e;color:#7a130d;padding:.6rem .9rem;margin:0 0 1.25rem}
.hint{color:#4a5870}
code{color:#4a5870}
@media (max-width:45rem){main{grid-template-columns:1fr}header{padding:1.25rem 2.25rem}}`,
};

/** Octo: a developer's tool, dark, one narrow card. */
export const OCTO_LOOK: Look = {
  provider: 'octo',
  brand: '(o_o) octo',
  tagline: 'where the repositories live',
  loginHeading: 'Log in to octo',
  consentHeading: (client) => `Authorize ${client}`,
  scopeWords: {
    repo: 'Read and change your repositories',
    'read:user': 'Read your profile',
  },
  styles: `${SHARED_STYLES}
body{background:#0d1514;color:#d9e7e3;font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:.95rem}
main{width:min(25rem,100%)}
header{text-align:center;margin-bottom:1.5rem}
.brand{display:block;font-size:1.75rem;font-weight:700;color:#5ef0b8}
section{background:#16211f;border:1px solid #345049;border-radius:14px;padding:1.75rem}
h1{font-size:1.15rem;color:#fff}
input{border:1px solid #5b7d74;border-radius:9px;background:#0d1514;color:#fff}
button{border:0;border-radius:9px;background:#2fd694;color:#06231a;flex:1}
button.quiet{background:#2a3b37;color:#d9e7e3}
:focus-visible{outline:3px solid #ffd166;outline-offset:2px}
.problem{background:#3b1818;border-radius:9px;color:#ffb4ab;padding:.6rem .9rem;margin:0 0 1.25rem}
.hint,.tagline,code{color:#9db8b0}`,
};
