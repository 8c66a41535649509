"""Pages of an import: upload a change file, watch it being loaded, fetch the rejected rows."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from schemas.change_file import KIND_COLUMN
from schemas.choices import IMPORT_FINISHED, SchemaStatus
from schemas.exceptions import SchemaError
from schemas.ingest import counts_in_words, file_of
from schemas.jobs import ask_for
from schemas.models import Import, Schema
from schemas.views.schema import page


class UploadForm(forms.Form):
    schema = forms.ModelChoiceField(
        Schema.objects.filter(status=SchemaStatus.PUBLISHED), label=gettext_lazy("Schema"), empty_label=gettext_lazy("Choose…")
    )
    file = forms.FileField(label=gettext_lazy("Change file"), max_length=200, widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(limit)s MB. Split it.") % {"limit": settings.UPLOAD_MAX_BYTES // 1024**2}
            )
        return file


@permission_required("schemas.ingest_records", raise_exception=True)
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file; a worker loads it."""
    form = UploadForm(request.POST or None, request.FILES or None, initial={"schema": request.GET.get("schema")})
    if request.method == "POST" and form.is_valid():
        try:
            import_ = ask_for(form.cleaned_data["schema"], form.cleaned_data["file"], request.user)  # type: ignore[arg-type]
        except SchemaError as error:
            form.add_error(None, [f"{p.text} {p.hint}" for p in error.problems])
        else:
            return redirect("import-progress", import_.pk)
    context = {"title": _("Load a change file"), "form": form, "kind_column": KIND_COLUMN, "limit": settings.UPLOAD_MAX_BYTES}
    return page(request, "schemas/import_upload.html", 400 if form.errors else 200, **context)


@permission_required("schemas.view_import", raise_exception=True)
@require_GET
def progress(request: HttpRequest, import_id: int) -> HttpResponse:
    """How far a load is, and its counts; the part that moves is asked for again every second until it is done."""
    import_ = get_object_or_404(Import.objects.select_related("schema", "created_by"), pk=import_id)
    context: dict[str, Any] = {
        "title": _("Load of %(file)s") % {"file": import_.file_name},
        "load": import_,
        "counts": counts_in_words(import_),
        "finished": import_.status in IMPORT_FINISHED,
        "may_fetch": request.user.has_perm("schemas.ingest_records"),
    }
    if request.headers.get("HX-Request"):
        return render(request, "schemas/import_part.html", context)
    return page(request, "schemas/import_progress.html", **context)


@permission_required("schemas.ingest_records", raise_exception=True)
@require_GET
def rejects(request: HttpRequest, import_id: int) -> FileResponse:
    """The rejected rows as a download, never as a page."""
    import_ = get_object_or_404(Import, pk=import_id)
    path = file_of(import_.rejects_path)
    if not import_.rejects_path or not path.is_file():
        raise Http404(_("There are no rejected rows, or they were deleted."))
    return FileResponse(
        open(path, "rb"), as_attachment=True, filename=f"rejected-{import_.pk}.csv", content_type="text/csv; charset=utf-8",
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"},
    )  # fmt: skip
