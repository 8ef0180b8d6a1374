-- A provider can say that somebody has signed out there. Then their browsers are signed out here.
create index "oidc_records_browsers_of_account" on "oidc_records" (("payload" ->> 'accountId')) where "model" = 'Session';
