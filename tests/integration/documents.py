"""Small Word, Excel and PDF files that tests make."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"

Table = Sequence[Sequence[str]]


def heading(level: int, text: str) -> str:
    return paragraph(text, style=f"Heading{level}")


def paragraph(text: str, *, style: str = "") -> str:
    styled = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{styled}<w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def table(rows: Table) -> str:
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def linked_picture(relation: str) -> str:
    """A picture that is not in the file; `docx` says where it is."""
    return (
        '<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="p" descr="Foto kios"/>'
        f'<a:graphic><a:graphicData><pic:pic><pic:blipFill><a:blip r:link="{relation}"/>'
        "</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )


def docx(*parts: str, links: Mapping[str, str] | None = None) -> bytes:
    """A Word file of paragraphs and tables; `links` are the addresses of what it refers to."""
    namespaces = (
        f'xmlns:w="{_WORD}" xmlns:r="{_OFFICE}" xmlns:a="{_DRAWING}/main" '
        f'xmlns:pic="{_DRAWING}/picture" xmlns:wp="{_DRAWING}/wordprocessingDrawing"'
    )
    relations = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/image" Target="{url}" TargetMode="External"/>'
        for name, url in (links or {}).items()
    )
    return _archive(
        {
            "_rels/.rels": _relation("word/document.xml"),
            "word/document.xml": (
                f"<w:document {namespaces}><w:body>{''.join(parts)}</w:body></w:document>"
            ),
            "word/_rels/document.xml.rels": _relations(relations),
        }
    )


def xlsx(sheets: Mapping[str, Table]) -> bytes:
    """An Excel file of texts."""
    names = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>'
        for number, name in enumerate(sheets, 1)
    )
    relations = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/worksheet" '
        f'Target="worksheets/s{number}.xml"/>'
        for number in range(1, len(sheets) + 1)
    )
    parts = {
        "_rels/.rels": _relation("xl/workbook.xml"),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": _relations(relations),
    }
    return _archive(
        parts
        | {
            f"xl/worksheets/s{number}.xml": _worksheet(rows)
            for number, rows in enumerate(sheets.values(), 1)
        }
    )


def pdf(*lines: str, trailer: str = "") -> bytes:
    """A PDF of one page: its lines, an empty one between paragraphs."""
    shown = "".join(f"({line}) Tj T* " for line in lines)
    stream = f"BT /F1 11 Tf 14 TL 72 760 Td {shown}ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    body, places = "%PDF-1.4\n", list[int]()
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"trailer\n<< /Size 6 /Root 1 0 R {trailer} >>\nstartxref\n{len(body)}\n%%EOF\n"
    return f"{body}xref\n0 6\n0000000000 65535 f \n{table}{end}".encode("latin-1")


def locked_pdf() -> bytes:
    """A PDF that nobody opens without its password."""
    mark = f"<{'41' * 32}>"
    locked = f"/Encrypt << /Filter /Standard /V 1 /R 2 /O {mark} /U {mark} /P -4 >>"
    return pdf("Rahasia", trailer=f"{locked} /ID [<41> <41>]")


def locked_office() -> bytes:
    """What Word and Excel write where a password is asked for."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")


def _worksheet(rows: Table) -> str:
    lines = (
        "".join(
            f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' if cell else "<c/>"
            for cell in row
        )
        for row in rows
    )
    data = "".join(f"<row>{line}</row>" for line in lines)
    return f'<worksheet xmlns="{_SHEET}"><sheetData>{data}</sheetData></worksheet>'


def _relation(target: str) -> str:
    return _relations(f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="{target}"/>')


def _relations(inside: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'


def _archive(parts: Mapping[str, str]) -> bytes:
    kinds = "".join(
        f'<Override PartName="/{name}" ContentType="{_KIND}.{kind}+xml"/>'
        for name in parts
        for end, kind in _KINDS.items()
        if end in name
    )
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{kinds}</Types>'
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {"[Content_Types].xml": types, **parts}.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return written.getvalue()


_KIND = "application/vnd.openxmlformats-officedocument"
_KINDS = {
    "word/document.xml": "wordprocessingml.document.main",
    "xl/workbook.xml": "spreadsheetml.sheet.main",
    "xl/worksheets/": "spreadsheetml.worksheet",
}
