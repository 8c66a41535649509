"""Settings, all from the environment; each line says what happens when its variable is not set."""

from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orchestration.embedded import Embedded

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("TUTTI_VAR", default=str(BASE_DIR / "var"))).absolute()  # unset: var/ beside manage.py
EMBEDDED = Embedded(VAR_DIR)

DEBUG = env.bool("DEBUG", default=False)  # unset: off, also for quickstart


def secret_key() -> str:
    """SECRET_KEY, or one made at the first start and kept under var/."""
    given = env.str("SECRET_KEY", default="")
    if given:
        return given
    from django.core.management.utils import get_random_secret_key

    path = VAR_DIR / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(get_random_secret_key())
    return path.read_text()


SECRET_KEY = secret_key()
# Hashes suppressed addresses. Unset: SECRET_KEY; set it to the old key before changing that one. (A default that begins with "$" would be taken for a name.)
ADDRESS_KEY = env.str("ADDRESS_KEY", default="") or SECRET_KEY
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])  # unset: this machine only
BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000")  # unset: links in mail lead to this machine
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "import_export",
    "django_rq",
    "csp",
    "reporting",
    "orchestration",
    "campaigns",
    "schemas",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]

ROOT_URLCONF = "orchestration.urls"
WSGI_APPLICATION = "orchestration.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- data ---------------------------------------------------------------------------------------------------------

DATABASES = {"default": env.db_url_config(env.str("DATABASE_URL", default=EMBEDDED.database_url))}  # unset: the embedded one
DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUDIENCE_ROLE = env.str("AUDIENCE_ROLE", default="tutti_audience")  # the database role that runs what users ask
AUDIENCE_TIMEOUT_SECONDS = env.int("AUDIENCE_TIMEOUT_SECONDS", default=120)  # for one question on a screen
TASK_TIMEOUT_SECONDS = env.int("TASK_TIMEOUT_SECONDS", default=3600)  # for one SQL step of a run
LOCK_TIMEOUT_SECONDS = env.int("LOCK_TIMEOUT_SECONDS", default=5)

REDIS_URL = env.str("REDIS_URL", default=EMBEDDED.redis_url)  # unset: the embedded Valkey
# One queue per worker process: a worker with several loses a job when it is killed between two of them.
RQ_QUEUES = {
    name: {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 3600, "SERIALIZER": "rq.serializers.JSONSerializer"}
    for name in ("default", "run", "send", "io")
}
RQ = {"COMMIT_MODE": "on_db_commit", "WORKER_CLASS": "orchestration.worker.QueueWorker"}

# --- people -------------------------------------------------------------------------------------------------------

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# --- language and time --------------------------------------------------------------------------------------------

# Unset: English. What the site writes by itself (the log of runs, e.g.), and what people see whose browser asks for neither.
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Paris")  # the workspace's zone: "today" in a rule means today here
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["orchestration.formats"]

# --- files --------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "orchestration.browser_libraries.NodeModulesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
MEDIA_ROOT = VAR_DIR / "files"
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=2 * 1024**3)  # one uploaded change file
DDL_MAX_BYTES = env.int("DDL_MAX_BYTES", default=1024**2)  # one uploaded file of CREATE TABLE statements
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- mail ---------------------------------------------------------------------------------------------------------

INBOX_HOST, INBOX_PORT = "127.0.0.1", env.int("INBOX_PORT", default=2525)
INBOX_URL = f"smtp://{INBOX_HOST}:{INBOX_PORT}"
EMAIL_URL = env.str("EMAIL_URL", default=INBOX_URL)  # unset: the local inbox
INBOX_IN_USE = EMAIL_URL == INBOX_URL
SENDING_DOMAIN = env.str("SENDING_DOMAIN", default="tutti.localhost")  # right-hand side of Message-IDs
SMTP_REPLY_SECONDS = env.int("SMTP_REPLY_SECONDS", default=600)  # RFC 5321: wait ten minutes for the reply to the final dot
SEND_LEASE_SECONDS = env.int("SEND_LEASE_SECONDS", default=60)
SEND_BATCH = env.int("SEND_BATCH", default=50)  # messages claimed at once by one worker
MESSAGE_MAX_AGE_HOURS = env.int("MESSAGE_MAX_AGE_HOURS", default=72)
CANVAS_MAX_ACTIVITIES = env.int("CANVAS_MAX_ACTIVITIES", default=500)
CLOCK_SECONDS = env.int("CLOCK_SECONDS", default=5)  # how often the clock looks for what is due
TASK_HEARTBEAT_SECONDS = env.int("TASK_HEARTBEAT_SECONDS", default=10)
WORK_TABLE_DAYS = env.int("WORK_TABLE_DAYS", default=30)  # how long the populations of a finished run can be looked at
TASK_LOST_SECONDS = env.int("TASK_LOST_SECONDS", default=45)  # without a heartbeat a task's worker counts as dead

# --- safety -------------------------------------------------------------------------------------------------------

SECURE_HTTPS = env.bool("SECURE_HTTPS", default=False)  # unset: plain HTTP, for this machine only
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = SECURE_HTTPS
SECURE_HSTS_SECONDS = 31536000 if SECURE_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"  # the views that pages of ours show in a frame say so themselves
# The admin theme evaluates expressions in attributes (Alpine), hence unsafe-eval; the canvas sets inline styles.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, UNSAFE_EVAL, NONCE],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF, "data:"],
        "frame-src": [SELF],
        "frame-ancestors": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "orchestration.log_lines.LineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"rq": {"level": "WARNING"}, "mail.log": {"level": "ERROR"}, "alembic": {"level": "WARNING"}},
}

# --- the admin's dress --------------------------------------------------------------------------------------------


def item(title: object, icon: str, link: object, permission: str = "") -> dict[str, object]:
    """One line of the menu, for those who may go there; without a permission, for everybody who is signed in."""
    return {"title": title, "icon": icon, "link": link, "permission": lambda request: not permission or request.user.has_perm(permission)}


UNFOLD = {
    "SITE_TITLE": "Tutti",
    "SITE_HEADER": "Tutti",
    "SITE_SUBHEADER": _("Campaign orchestration"),
    "SITE_SYMBOL": "queue_music",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: "/static/orchestration/tutti.svg"}],
    "DASHBOARD_CALLBACK": "reporting.home.home",
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [lambda request: "/static/orchestration/tutti.css"],
    "COLORS": {
        "primary": {
            "50": "oklch(97.7% .014 308.3)",
            "100": "oklch(94.6% .033 307.2)",
            "200": "oklch(90.2% .063 306.7)",
            "300": "oklch(82.7% .119 306.4)",
            "400": "oklch(71.4% .203 305.5)",
            "500": "oklch(62.7% .265 303.9)",
            "600": "oklch(55.8% .288 302.3)",
            "700": "oklch(49.6% .265 301.9)",
            "800": "oklch(43.8% .218 303.7)",
            "900": "oklch(38.1% .176 304.9)",
            "950": "oklch(29.1% .149 302.7)",
        },
    },
    "SIDEBAR": {
        "show_search": True,
        "navigation": [
            {
                "title": _("Campaigns"),
                "items": [
                    item(_("Campaigns"), "account_tree", reverse_lazy("admin:campaigns_campaign_changelist"), "campaigns.view_campaign"),
                    item(_("Approvals"), "approval", reverse_lazy("approvals"), "campaigns.approve_version"),
                    item(_("Audiences"), "groups", reverse_lazy("admin:campaigns_audience_changelist"), "campaigns.view_audience"),
                    item(_("Runs"), "play_circle", reverse_lazy("admin:orchestration_run_changelist"), "orchestration.view_run"),
                    item(_("Reports"), "bar_chart", reverse_lazy("reports"), "reporting.view_report"),
                ],
            },
            {
                "title": _("Data"),
                "items": [
                    item(_("Schemas"), "schema", reverse_lazy("admin:schemas_schema_changelist"), "schemas.view_schema"),
                    item(_("Relationships"), "link", reverse_lazy("admin:schemas_relationship_changelist"), "schemas.view_relationship"),
                    item(_("Imports"), "upload_file", reverse_lazy("admin:schemas_import_changelist"), "schemas.view_import"),
                ],
            },
            {
                "title": pgettext_lazy("menu", "Sending"),
                "items": [
                    item(_("Messages"), "mail", reverse_lazy("admin:orchestration_message_changelist"), "orchestration.view_message"),
                    item(_("Senders"), "badge", reverse_lazy("admin:campaigns_sender_changelist"), "campaigns.view_sender"),
                    item(
                        _("Suppressions"),
                        "block",
                        reverse_lazy("admin:orchestration_suppression_changelist"),
                        "orchestration.view_suppression",
                    ),
                    item(
                        _("Provider accounts"),
                        "dns",
                        reverse_lazy("admin:orchestration_provideraccount_changelist"),
                        "orchestration.view_provideraccount",
                    ),
                    *([item(_("Local inbox"), "inbox", reverse_lazy("inbox"), "orchestration.view_inboxmail")] if INBOX_IN_USE else []),
                ],
            },
            {
                "title": _("People"),
                "items": [
                    item(_("Users"), "person", reverse_lazy("admin:auth_user_changelist"), "auth.view_user"),
                    item(_("Groups"), "group", reverse_lazy("admin:auth_group_changelist"), "auth.view_group"),
                ],
            },
            {"separator": True, "items": [item(_("Help"), "help", reverse_lazy("help"))]},
        ],
    },
}
