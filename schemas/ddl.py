"""Data definition language: read the CREATE TABLE statements a team already has, and describe them as schemas."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import sqlglot
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from sqlglot import exp
from sqlglot.tokens import TokenType

from schemas.choices import FieldRole
from schemas.describe import mark_targetable
from schemas.exceptions import Problem, SchemaError
from schemas.models import Field, Pair, Relationship, Schema
from schemas.naming import free_name, label, link_names, safe_name

VERSION_NAMES = ("last_update", "updated_at", "last_updated", "modified_at", "last_modified", "modified", "changed_at")
TYPE_NAMES = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "MEDIUMINT", "INT", "UTINYINT", "USMALLINT", "SMALLSERIAL", "SERIAL", "YEAR"), "integer"),
    **dict.fromkeys(("BIGINT", "UINT", "UBIGINT", "BIGSERIAL"), "big_integer"),
    **dict.fromkeys(("DECIMAL", "UDECIMAL", "MONEY", "SMALLMONEY", "BIGDECIMAL"), "decimal"),
    **dict.fromkeys(("FLOAT", "DOUBLE"), "double"),
    **dict.fromkeys(("BOOLEAN", "BIT"), "boolean"),
    **dict.fromkeys(("CHAR", "NCHAR", "VARCHAR", "NVARCHAR", "BPCHAR", "NAME"), "text"),
    **dict.fromkeys(("TEXT", "TINYTEXT", "MEDIUMTEXT", "LONGTEXT"), "long_text"),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMPLTZ", "TIMESTAMPNTZ", "DATETIME", "DATETIME2", "SMALLDATETIME"), "datetime"),
    **dict.fromkeys(("TIME", "TIMETZ"), "time"),
    "DATE": "date", "UUID": "uuid", "ENUM": "enumeration",
}  # fmt: skip
PERSONAL = {
    "email",
    "phone",
    "mobile",
    "first_name",
    "last_name",
    "full_name",
    "surname",
    "birth_date",
    "birthday",
    "date_of_birth",
    "address",
    "address2",
    "street",
    "postal_code",
    "zip",
}


@dataclass(frozen=True)
class FieldDraft:
    """A field as read."""

    name: str
    type: str
    max_length: int | None = None
    precision: int | None = None
    scale: int | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    unique: bool = False
    default: str = ""
    role: str = ""
    personal: bool = False
    description: str = ""

    @property
    def label(self) -> str:
        return label(self.name)


@dataclass(frozen=True)
class LinkDraft:
    """A foreign key as read, with its names from both ends."""

    source: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    name: str = ""
    reverse_name: str = ""
    one_to_one: bool = False


@dataclass
class TableDraft:
    """A table as read."""

    name: str
    fields: dict[str, FieldDraft] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    links: list[LinkDraft] = field(default_factory=list)
    description: str = ""

    @property
    def label(self) -> str:
        return label(self.name)

    @property
    def version(self) -> str:
        """The field that tells which of two states of a record is newer."""
        return next(
            (n for n in VERSION_NAMES if n in self.fields and self.fields[n].type in {"datetime", "date", "integer", "big_integer"}), ""
        )


@dataclass
class Review:
    """What a file would describe; nothing is made until `describe_ddl`."""

    tables: dict[str, TableDraft] = field(default_factory=dict)
    not_understood: list[Problem] = field(default_factory=list)
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict)


# --- read ----------------------------------------------------------------------------------------------------------------


def read_ddl(text: str, dialect: str = "postgres") -> Review:
    """Tables, fields, keys and links of a file; what is not understood is listed with its line."""
    review = Review()
    later: list[tuple[str, exp.Expr]] = []
    for where, statement in statements(text, dialect, review):
        match statement:
            case exp.Create(kind="TYPE"):
                kind = statement.expression
                if isinstance(kind, exp.DataType) and kind.this.name == "ENUM":
                    review.enums[safe_name(statement.this.name)] = tuple(e.name for e in kind.expressions)
            case exp.Create(kind="TABLE", this=exp.Schema()):
                later.append((where, statement))
            case exp.Create(kind="INDEX") | exp.Alter(kind="TABLE") | exp.Comment():
                later.append((where, statement))
            case _:
                review.not_understood.append(Problem(where, _("Skipped: %(sql)s") % {"sql": shortened(statement)}, level="warning"))
    for kind in (exp.Create, exp.Alter, exp.Comment):
        for where, statement in later:
            if isinstance(statement, kind):
                read_statement(review, where, statement)
    name_links(review)
    return review


def statements(text: str, dialect: str, review: Review) -> Iterator[tuple[str, exp.Expr]]:
    """Each statement with its line; one that cannot be parsed does not spoil the others."""
    try:
        tokens = sqlglot.tokenize(text, read=dialect)
    except sqlglot.errors.SqlglotError as error:
        raise SchemaError(
            Problem("", _("The file is not SQL: %(error)s") % {"error": str(error)[:200]}, _("Check quotes and the dialect."))
        ) from error
    start = 0
    for stop in [i for i, token in enumerate(tokens) if token.token_type == TokenType.SEMICOLON] + [len(tokens)]:
        piece, start = tokens[start:stop], stop + 1
        if not piece:
            continue
        where = _("line %(n)s") % {"n": piece[0].line}
        try:
            parsed = sqlglot.parse_one(text[piece[0].start : piece[-1].end + 1], read=dialect)
        except sqlglot.errors.SqlglotError:
            words = text[piece[0].start : piece[-1].end + 1]
            review.not_understood.append(
                Problem(
                    where, _("Not understood: %(sql)s") % {"sql": " ".join(words.split())[:120]}, _("Check its spelling, or leave it out.")
                )
            )
            continue
        yield where, parsed


def shortened(statement: exp.Expr) -> str:
    return " ".join(statement.sql("postgres").split())[:120]


def read_statement(review: Review, where: str, statement: exp.Expr) -> None:
    match statement:
        case exp.Create(kind="TABLE"):
            read_table(review, where, statement)
        case exp.Create(kind="INDEX"):
            read_index(review, statement)
        case exp.Alter():
            table = review.tables.get(safe_name(statement.this.name))
            if table is None:
                review.not_understood.append(
                    Problem(
                        where, _("There is no table “%(name)s” in this file.") % {"name": statement.this.name}, _("Add its CREATE TABLE.")
                    )
                )
                return
            for action in statement.args.get("actions") or []:
                if isinstance(action, exp.AddConstraint):
                    for part in action.expressions:
                        read_constraint(review, where, table, part)
                else:
                    review.not_understood.append(Problem(where, _("Skipped: %(sql)s") % {"sql": shortened(action)}, level="warning"))
        case exp.Comment():
            read_comment(review, statement)


def read_table(review: Review, where: str, statement: exp.Create) -> None:
    original = statement.this.this.name
    name = safe_name(original)
    if not name or name in review.tables:
        review.not_understood.append(
            Problem(where, _("The table “%(name)s” is there twice.") % {"name": original}, _("Keep one of the two."))
        )
        return
    table = review.tables[name] = TableDraft(name)
    parts = statement.this.expressions
    for part in parts:
        if isinstance(part, exp.ColumnDef):
            read_column(review, where, table, part)
    for part in parts:
        if not isinstance(part, exp.ColumnDef):
            read_constraint(review, where, table, part)


def read_column(review: Review, where: str, table: TableDraft, column: exp.ColumnDef) -> None:
    name = safe_name(column.name)
    place = f"{where}, {table.name}.{column.name}"
    if not name or name in table.fields:
        review.not_understood.append(Problem(place, _("Two columns would have the same name."), _("Rename one.")))
        return
    draft = field_draft(review, place, name, column.args.get("kind"))
    references = []
    for constraint in column.constraints:
        match constraint.kind:
            case exp.PrimaryKeyColumnConstraint():
                table.key = (name,)
            case exp.NotNullColumnConstraint():
                draft = replace(draft, required=not constraint.kind.args.get("allow_null"))
            case exp.UniqueColumnConstraint():
                draft = replace(draft, unique=True)
            case exp.DefaultColumnConstraint():
                draft = replace(draft, default=default_of(review, place, constraint.kind.this))
            case exp.Reference():
                references.append(constraint.kind)
            case exp.CommentColumnConstraint():
                draft = replace(draft, description=constraint.kind.name)
            case exp.GeneratedAsIdentityColumnConstraint() | exp.AutoIncrementColumnConstraint() | exp.CollateColumnConstraint():
                pass
            case _:
                review.not_understood.append(Problem(place, _("Not kept: %(sql)s") % {"sql": shortened(constraint)}, level="warning"))
    table.fields[name] = draft
    table.links += [reference_draft(table, (name,), reference) for reference in references]


def field_draft(review: Review, place: str, name: str, kind: exp.DataType | None) -> FieldDraft:
    """Type and meaning of a column; a type we do not have is kept as text."""
    word = kind.this.name if kind is not None else ""
    sizes = [int(p.name) for p in (kind.expressions if kind is not None else []) if isinstance(p, exp.DataTypeParam) and p.name.isdigit()]
    chosen = TYPE_NAMES.get(word, "")
    choices = tuple(e.name for e in kind.expressions) if kind is not None and word == "ENUM" else ()
    if kind is not None and word == "USERDEFINED":
        choices = review.enums.get(safe_name(kind.sql("postgres").rpartition(".")[2]), ())
        chosen = "enumeration" if choices else ""
    if not chosen:
        chosen = "long_text"
        review.not_understood.append(
            Problem(
                place,
                _("The type %(type)s is kept as text.") % {"type": kind.sql("postgres") if kind is not None else "?"},
                level="warning",
            )
        )
    draft = FieldDraft(name, chosen, choices=choices, personal=name in PERSONAL)
    if chosen == "text":
        draft = replace(draft, max_length=sizes[0] if sizes else None, type="text" if sizes else "long_text")
    if chosen == "decimal" and sizes:
        draft = replace(draft, precision=sizes[0], scale=sizes[1] if len(sizes) > 1 else 0)
    return with_meaning(draft)


def with_meaning(draft: FieldDraft) -> FieldDraft:
    """Roles that names give away."""
    is_text = draft.type in {"text", "long_text"}
    if is_text and draft.name in {"email", "email_address", "e_mail", "mail"}:
        return replace(draft, type="email", role=FieldRole.EMAIL, personal=True)
    if is_text and draft.name in {"phone", "phone_number", "mobile", "mobile_phone", "telephone"}:
        return replace(draft, type="phone", role=FieldRole.PHONE, personal=True)
    if is_text and draft.name in {"language", "language_code", "locale", "preferred_language"}:
        return replace(draft, role=FieldRole.LANGUAGE)
    if draft.type == "boolean" and draft.name in {"accepts_email", "email_consent", "email_opt_in", "newsletter"}:
        return replace(draft, role=FieldRole.EMAIL_CONSENT)
    if draft.type == "boolean" and draft.name in {"accepts_sms", "sms_consent", "sms_opt_in"}:
        return replace(draft, role=FieldRole.SMS_CONSENT)
    return draft


def default_of(review: Review, place: str, value: exp.Expr) -> str:
    """A constant as text; functions such as now() are the database's business and are not kept."""
    value = value.this if isinstance(value, exp.Cast) else value
    if isinstance(value, exp.Literal):
        return value.name[:200]
    if isinstance(value, exp.Boolean):
        return "true" if value.this else "false"
    if isinstance(value, exp.Neg) and isinstance(value.this, exp.Literal):
        return f"-{value.name}"
    if not isinstance(value, exp.Null):
        review.not_understood.append(Problem(place, _("The default %(sql)s is not kept.") % {"sql": shortened(value)}, level="warning"))
    return ""


def read_constraint(review: Review, where: str, table: TableDraft, part: exp.Expr) -> None:
    match part:
        case exp.Constraint():
            for inner in part.expressions:
                read_constraint(review, where, table, inner)
        case exp.PrimaryKey():
            table.key = columns_of(part.expressions)
        case exp.ForeignKey():
            table.links.append(reference_draft(table, columns_of(part.expressions), part.args["reference"]))
        case exp.UniqueColumnConstraint() if part.this is not None:
            mark_unique(table, columns_of(part.this.expressions))
        case _:
            review.not_understood.append(
                Problem(f"{where}, {table.name}", _("Not kept: %(sql)s") % {"sql": shortened(part)}, level="warning")
            )


def read_index(review: Review, statement: exp.Create) -> None:
    """Only unique indexes say something about the data."""
    table = review.tables.get(safe_name(statement.this.args["table"].name))
    parameters = statement.this.args.get("params")
    if table and statement.args.get("unique") and parameters and not parameters.args.get("where"):
        mark_unique(table, columns_of(parameters.args.get("columns") or []))


def read_comment(review: Review, statement: exp.Comment) -> None:
    thing, text = statement.this, statement.expression.name
    owner = review.tables.get(safe_name(thing.text("table") if isinstance(thing, exp.Column) else thing.name))
    if owner is None:
        return
    if isinstance(thing, exp.Column) and safe_name(thing.name) in owner.fields:
        owner.fields[safe_name(thing.name)] = replace(owner.fields[safe_name(thing.name)], description=text)
    elif isinstance(thing, exp.Table):
        owner.description = text


def columns_of(parts: Iterable[exp.Expr]) -> tuple[str, ...]:
    return tuple(safe_name(part.this.name if isinstance(part, exp.Ordered) else part.name) for part in parts)


def mark_unique(table: TableDraft, columns: tuple[str, ...]) -> None:
    if len(columns) == 1 and columns[0] in table.fields:
        table.fields[columns[0]] = replace(table.fields[columns[0]], unique=True)


def reference_draft(table: TableDraft, columns: tuple[str, ...], reference: exp.Expr) -> LinkDraft:
    there = reference.this
    target = safe_name(there.this.name if isinstance(there, exp.Schema) else there.name)
    return LinkDraft(table.name, columns, target, columns_of(there.expressions) if isinstance(there, exp.Schema) else ())


# --- names --------------------------------------------------------------------------------------------------------------


def name_links(review: Review) -> None:
    """Both ends of every link get a name that nothing else in their schema has."""
    taken = {name: set(table.fields) for name, table in review.tables.items()}
    for table in review.tables.values():
        named = []
        for link in table.links:
            unique = set(link.columns) == set(table.key) or (
                len(link.columns) == 1 and link.columns[0] in table.fields and table.fields[link.columns[0]].unique
            )
            several = sum(other.target == link.target for other in table.links) > 1
            name, back = link_names(table.name, link.target, list(link.columns), several, unique)
            name = free_name(name, taken[table.name], f"{name}_record")
            taken[table.name].add(name)
            there = taken.setdefault(link.target, set())
            back = free_name(back, there, f"{name}_{back}")
            there.add(back)
            named.append(replace(link, name=name, reverse_name=back, one_to_one=unique))
        table.links = named


# --- describe ------------------------------------------------------------------------------------------------------------


def describe_ddl(review: Review, user: AbstractUser | None = None, versions: Mapping[str, str] | None = None) -> list[Schema]:
    """Every table of the review is described as a draft schema with its links; all or nothing."""
    if user is not None and not user.has_perm("schemas.add_schema"):
        raise PermissionDenied(_("You may not describe schemas."))
    versions = {name: table.version for name, table in review.tables.items()} | dict(versions or {})
    found = review_problems(review, versions)
    if found:
        raise SchemaError(*found)
    with transaction.atomic():
        schemas = {table.name: make_schema(table, versions.get(table.name, "")) for table in review.tables.values()}
        known = {s.name: s for s in Schema.objects.prefetch_related("fields")}
        for table in review.tables.values():
            for link in table.links:
                make_link(link, known)
        mark_targetable(schemas.values())
    return list(schemas.values())


def review_problems(review: Review, versions: Mapping[str, str] = {}) -> list[Problem]:
    """What keeps a review from being described."""
    if not review.tables:
        return [Problem("", _("There is no CREATE TABLE in the file."), _("Upload the definition of your tables, not their rows."))]
    found = []
    known = {s.name: {f.name for f in s.fields.all()} for s in Schema.objects.prefetch_related("fields")}
    for table in review.tables.values():
        if table.name in known:
            found.append(
                Problem(
                    table.name,
                    _("A schema of this name is described already."),
                    _("Leave the table out, or change the schema on its page."),
                )
            )
        if not table.key:
            found.append(Problem(table.name, _("It has no primary key."), _("Add PRIMARY KEY to the columns that identify a row.")))
        missing = set(table.key) - set(table.fields) | (
            {versions[table.name]} - set(table.fields) - {""} if table.name in versions else set()
        )
        found += [
            Problem(table.name, _("There is no column “%(name)s”.") % {"name": name}, _("Correct the name.")) for name in sorted(missing)
        ]
        for link in table.links:
            fields = set(review.tables[link.target].fields) if link.target in review.tables else known.get(link.target)
            if fields is None:
                found.append(
                    Problem(
                        table.name,
                        _("It refers to “%(name)s”, which is neither here nor described.") % {"name": link.target},
                        _("Add its CREATE TABLE."),
                    )
                )
            elif len(link.columns) != len(link.target_columns or key_of(link.target, review)):
                found.append(
                    Problem(
                        table.name,
                        _("Its reference to “%(name)s” has another number of columns.") % {"name": link.target},
                        _("Name the columns on both sides."),
                    )
                )
            elif not (set(link.columns) <= set(table.fields) and set(link.target_columns) <= fields):
                found.append(
                    Problem(
                        table.name,
                        _("Its reference to “%(name)s” names a column that does not exist.") % {"name": link.target},
                        _("Correct the name."),
                    )
                )
    found += [Problem(name, _("There is no table of this name."), _("Correct the name.")) for name in versions if name not in review.tables]
    return found


def key_of(name: str, review: Review) -> tuple[str, ...]:
    """The key that a reference without columns means."""
    if name in review.tables:
        return review.tables[name].key
    return tuple(Field.objects.filter(schema__name=name).exclude(key_position=None).order_by("key_position").values_list("name", flat=True))


def make_schema(table: TableDraft, version: str) -> Schema:
    schema = Schema.objects.create(name=table.name, label=table.label, description=table.description)
    Field.objects.bulk_create(
        Field(
            schema=schema, name=f.name, label=f.label, description=f.description, type=f.type, max_length=f.max_length, precision=f.precision,
            scale=f.scale, choices=list(f.choices), key_position=table.key.index(f.name) + 1 if f.name in table.key else None, required=f.required,
            unique=f.unique, default=f.default, personal=f.personal, role=f.role, position=position,
        )
        for position, f in enumerate(table.fields.values())
    )  # fmt: skip
    if version:
        schema.version_field = schema.fields.get(name=version)
        schema.save(update_fields=["version_field"])
    return schema


def make_link(link: LinkDraft, known: Mapping[str, Schema]) -> None:
    source, target = known[link.source], known[link.target]
    here = {f.name: f for f in source.fields.all()}
    there = {f.name: f for f in target.fields.all()}
    key = sorted((f for f in there.values() if f.key_position is not None), key=lambda f: f.key_position or 0)
    relationship = Relationship.objects.create(
        source=source, target=target, name=link.name, label=label(link.name),
        reverse_name=link.reverse_name, reverse_label=label(link.reverse_name), one_to_one=link.one_to_one,
    )  # fmt: skip
    targets = [there[name] for name in link.target_columns] or key
    pairs = zip(link.columns, targets, strict=True)
    Pair.objects.bulk_create(
        Pair(relationship=relationship, source_field=here[c], target_field=f, position=i) for i, (c, f) in enumerate(pairs)
    )
