"""Load a change file, or all change files of a folder."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from schemas.choices import ImportStatus
from schemas.exceptions import IngestError
from schemas.ingest import counts_of, create_import, file_of, in_order, ingest
from schemas.models import Schema


class Command(BaseCommand):
    help = "Load a change file into a schema (ingest customer customer.csv), or every <schema>.csv of a folder (ingest folder/)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("schema_or_folder")
        parser.add_argument("file", type=Path, nargs="?")

    def handle(self, *args: Any, **options: Any) -> None:
        first, file = options["schema_or_folder"], options["file"]
        pairs = [(self.schema(first), file)] if file else self.files_of(Path(first))
        failed = [schema.name for schema, path in pairs if not self.load(schema, path)]
        if failed:
            raise CommandError(f"Not loaded: {', '.join(failed)}.")

    def schema(self, name: str) -> Schema:
        schema = Schema.objects.filter(name=name).first()
        if schema is None:
            raise CommandError(
                f"There is no schema “{name}”. Known: {', '.join(Schema.objects.order_by('name').values_list('name', flat=True)) or 'none'}."
            )
        return schema

    def files_of(self, folder: Path) -> list[tuple[Schema, Path]]:
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder. Give a schema and a file, or a folder of <schema>.csv files.")
        files = {path.stem: path for path in sorted(folder.glob("*.csv"))}
        schemas = list(Schema.objects.filter(name__in=files))
        for name in sorted(set(files) - {s.name for s in schemas}):
            self.stderr.write(f"{name}.csv: skipped, no schema of this name.")
        if not schemas:
            raise CommandError(f"No file in {folder} has the name of a schema.")
        return [(schema, files[schema.name]) for schema in in_order(schemas)]

    def load(self, schema: Schema, path: Path) -> bool:
        try:
            import_ = ingest(create_import(schema, path.name, path))
        except IngestError as error:
            self.stderr.write(f"{schema.name}: {error}")
            return False
        if import_.status == ImportStatus.FAILED:
            self.stderr.write(f"{schema.name}: {import_.error}")
            return False
        self.stdout.write(f"{schema.name}: " + ", ".join(f"{n:,} {name}" for name, n in counts_of(import_).items()))
        for note in import_.notes:
            self.stdout.write(f"  {note}")
        if import_.rejected:
            self.stdout.write(f"  Rejected rows with reasons: {file_of(import_.rejects_path)}")
        return True
