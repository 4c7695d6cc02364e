"""Who reaches the pages of people and accounts, and those for everyone: the rows of the access matrix."""

from tests.matrix import DENIED, FOUND, HIDDEN, LOGIN, MISSING, OK, SIGNED_IN, UNFIT, Row, none
from tests.product.matrix_values import ALL, NORTHGATE, ON_CT, ct

ROWS = [
    Row("home", "get", none, {FOUND: SIGNED_IN}, anonymous=LOGIN),
    Row("health", "get", none, ALL, anonymous=OK),
    Row("health_live", "get", none, ALL, anonymous=OK),
    Row("health_ready", "get", none, ALL, anonymous=OK),
    Row("metrics", "get", none, {}, anonymous=HIDDEN),
    Row("manual", "get", none, ALL, anonymous=OK),
    Row("contact", "get", none, ALL, anonymous=OK),
    Row("privacy", "get", none, ALL, anonymous=OK),
    Row("accessibility", "get", none, ALL, anonymous=OK),
    Row("worklists:profile", "get", none, ALL),
    Row(
        "worklists:change_details",
        "post",
        none,
        {FOUND: SIGNED_IN},
        data=lambda world: {"name": "New", "timezone": "UTC"},
    ),
    Row("worklists:new_share_code", "post", none, {FOUND: SIGNED_IN}),
    Row("worklists:remove_share_code", "post", none, {FOUND: SIGNED_IN}),
    Row("sharing:memberships", "get", none, ALL),
    Row("sharing:accept_offer", "post", lambda world: [world.random], {}, note="that is no one's"),
    Row("sharing:decline_offer", "post", lambda world: [world.random], {}, note="that is no one's"),
    *(
        Row("sharing:leave_account", method, lambda world: [world.cast.northgate.uuid], gets)
        for method, gets in (
            ("get", {OK: NORTHGATE}),
            ("post", {FOUND: NORTHGATE - {"adam"}, UNFIT: "adam"}),
        )
    ),
    Row("worklists:worklist_rights", "get", ct, {OK: ON_CT}),
    Row("accounts:second_factor", "get", none, ALL),
    Row("accounts:second_factor_required", "get", none, {FOUND: SIGNED_IN}, note="by no account"),
    Row("accounts:sessions", "get", none, ALL),
    Row("accounts:end_other_sessions", "post", none, {FOUND: SIGNED_IN}),
    Row("accounts:end_session", "post", lambda world: [world.random], {}, note="that is nobody's"),
    Row("worklists:tokens", "get", none, ALL),
    # To be the person once more is asked first.
    *(
        Row(f"accounts:{page}", method, args, {FOUND: SIGNED_IN}, note="without the password again")
        for method in ("get", "post")
        for page, args in {
            "add_app": none,
            "add_key": none,
            "recovery_codes": none,
            "remove_factor": lambda world: [world.random],
        }.items()
    ),
    *(
        Row(f"worklists:{page}", method, args, {FOUND: SIGNED_IN}, note="without the password again")
        for method in ("get", "post")
        for page, args in {"new_token": none, "revoke_token": lambda world: [world.random]}.items()
    ),
    Row("sharing:open_invitation", "get", lambda world: [world.token], {FOUND: SIGNED_IN}, anonymous=FOUND),
    Row(
        "sharing:open_invitation",
        "get",
        lambda world: ["forged"],
        {HIDDEN: SIGNED_IN},
        anonymous=HIDDEN,
        note="forged",
    ),
    Row("sharing:register", "get", none, {MISSING: SIGNED_IN}, anonymous=MISSING, note="without a link"),
    Row("sharing:register", "post", none, {MISSING: SIGNED_IN}, anonymous=MISSING, note="without a link"),
    Row("sharing:register_code", "get", none, {MISSING: SIGNED_IN}, anonymous=MISSING, note="without a link"),
    Row(
        "sharing:register_code", "post", none, {MISSING: SIGNED_IN}, anonymous=MISSING, note="without a link"
    ),
    Row("sharing:resend_code", "post", none, {MISSING: SIGNED_IN}, anonymous=MISSING, note="without a link"),
    Row(
        "accounts:development_mails", "get", none, {HIDDEN: SIGNED_IN}, anonymous=HIDDEN, note="in production"
    ),
    Row(
        "accounts:development_mail", "get", lambda world: ["x.log", 1], {HIDDEN: SIGNED_IN}, anonymous=HIDDEN
    ),
    Row("gallery", "get", none, {HIDDEN: SIGNED_IN}, anonymous=HIDDEN, note="in production"),
    Row(
        "sharing:physicians",
        "get",
        none,
        {OK: "adam ana phil", DENIED: ON_CT - {"adam", "ana", "phil"}},
        data=lambda world: {"worklist": str(world.cast.ct.uuid), "find": "be"},
    ),
]

NO_PROVIDER = "7f1f4d1e-64ff-4b53-9a8a-3f3d3a3f6f11"
# allauth's pages: what a signed-in person and a visitor get.
GROUPED_ROWS = [
    ("account_login", [], FOUND, OK),
    ("account_logout", [], OK, LOGIN),
    ("account_inactive", [], OK, OK),
    ("account_signup", [], FOUND, OK),
    ("account_reauthenticate", [], OK, LOGIN),
    ("account_email", [], OK, LOGIN),
    ("mfa_authenticate", [], FOUND, LOGIN),
    ("mfa_reauthenticate", [], FOUND, LOGIN),
    ("mfa_reauthenticate_webauthn", [], FOUND, LOGIN),
    ("mfa_login_webauthn", [], FOUND, OK),
    ("provider_leave", [], 405, 405),
    ("provider_back", [], HIDDEN, HIDDEN),
    ("provider_find", [], FOUND, OK),
    ("provider_own", [NO_PROVIDER], HIDDEN, HIDDEN),
    ("provider_own_back", [NO_PROVIDER], HIDDEN, HIDDEN),
    ("account_email_verification_sent", [], FOUND, LOGIN),
    ("account_change_password", [], OK, LOGIN),
    ("account_set_password", [], FOUND, LOGIN),
    ("account_reset_password", [], OK, OK),
    ("account_confirm_login_code", [], FOUND, LOGIN),
    ("account_reset_password_from_key_done", [], OK, OK),
    ("account_reset_password_from_key", ["1", "forged"], OK, OK),
    ("account_reset_password_done", [], OK, OK),
]
