"""The namespaces for users' tables and for populations, and the role that may only read the one and write the other."""

from django.conf import settings
from django.db import migrations
from psycopg import sql


def create(apps, schema_editor):
    role = sql.Identifier(settings.AUDIENCE_ROLE)
    statements = [
        # Roles belong to the whole server: another database of it may have made this one a moment ago.
        sql.SQL(
            "DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        ).format(role=role),
        sql.SQL(
            "DO $$ BEGIN EXECUTE format('GRANT %I TO %I', {name}, current_user); EXCEPTION WHEN unique_violation OR internal_error THEN NULL; END $$"
        ).format(name=sql.Literal(settings.AUDIENCE_ROLE)),
        sql.SQL("CREATE SCHEMA IF NOT EXISTS data"),
        sql.SQL("CREATE SCHEMA IF NOT EXISTS work"),
        sql.SQL("GRANT USAGE ON SCHEMA data TO {role}").format(role=role),
        sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA data TO {role}").format(role=role),
        sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA data GRANT SELECT ON TABLES TO {role}").format(role=role),
        sql.SQL("GRANT USAGE, CREATE ON SCHEMA work TO {role}").format(role=role),
    ]
    with schema_editor.connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
