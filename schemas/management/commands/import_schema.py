"""Describe the tables of a DDL file and publish them."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from schemas.ddl import describe_ddl, read_ddl
from schemas.exceptions import SchemaError
from schemas.tables import publish


def version_option(text: str) -> tuple[str, str]:
    schema, separator, field = text.partition("=")
    if not (schema and separator and field):
        raise argparse.ArgumentTypeError("write it like payment=payment_date")
    return schema, field


class Command(BaseCommand):
    help = "Describe the tables of a DDL file as schemas, with both directions of every link, and create their tables."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dialect", default="postgres", help="How the file is written: postgres (default), mysql, oracle, tsql, ...")
        parser.add_argument(
            "--version-field",
            dest="versions",
            type=version_option,
            action="append",
            default=[],
            metavar="SCHEMA=FIELD",
            help="The field that tells which state of a record is newer.",
        )
        parser.add_argument("--draft", action="store_true", help="Only describe; publish later.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = options["file"].read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from error
        try:
            with transaction.atomic():
                review = read_ddl(text, options["dialect"])
                for problem in review.not_understood:
                    self.stderr.write(f"{problem.where}: {problem.text}")
                schemas = describe_ddl(review, versions=dict(options["versions"]))
                if not options["draft"]:
                    publish(schemas)
        except SchemaError as error:
            lines = [f"{p.where}: {p.text} {p.hint}".strip(": ") for p in error.problems]
            raise CommandError("\n".join(["Nothing was changed.", *lines])) from error
        links = sum(len(table.links) for table in review.tables.values())
        self.stdout.write(f"{len(schemas)} schemas with {links} links {'described' if options['draft'] else 'published'}.")
