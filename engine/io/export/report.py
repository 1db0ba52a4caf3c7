"""One page for people: pictures, figures and what they mean, as a single HTML file that loads nothing.

It holds no script and no link, prints on one sheet of A4, and names neither a patient nor a date.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape
from pathlib import Path

from engine.case.figures import Findings
from engine.case.severity import DEFINITION, HIGHEST, SIDES, THIRDS
from engine.core.atomic import replacing
from engine.core.errors import ResourceError
from engine.core.types import HuArray
from engine.io.export.handover import Handover
from engine.io.export.image import refuse_existing
from engine.io.export.pictures import Picture, pictures_of, png

_NONE = "–"
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_NOTICE = "No diagnosis. groundglass is no medical device; a physician has to check every figure."
_STYLE = """
@page { size: A4; margin: 12mm }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 16px; max-width: 780px; color: #1a1d21; background: #fff;
  font: 12px/1.4 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums }
h1 { font-size: 18px; font-weight: 600; margin: 0 } h2 { font-size: 13px; font-weight: 600; margin: 14px 0 4px }
p { margin: 2px 0 } .muted { color: #5a6470 } .warn { color: #8a5600 }
.pictures { display: grid; grid-template-columns: repeat(2, 1fr); gap: 8px; margin: 10px 0 }
figure { margin: 0 } img { width: 100%; height: 205px; object-fit: contain; background: #000; display: block }
figcaption { color: #5a6470; font-size: 11px }
table { border-collapse: collapse; width: 100% } th { font-weight: 500; color: #5a6470; text-align: right }
td { text-align: right } th, td { padding: 2px 6px; border-bottom: 1px solid #d5d9df }
th:first-child, td:first-child { text-align: left }
.dot { display: inline-block; width: 9px; height: 9px; border-radius: 5px; margin-right: 6px }
.big { font-size: 18px; font-weight: 600 } .row { display: flex; gap: 28px } .row > div { flex: 1 }
* { -webkit-print-color-adjust: exact; print-color-adjust: exact }
"""


def write_report(
    path: Path,
    what: Handover,
    findings: Findings,
    *,
    hu: HuArray | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the page and read it back.

    Args:
        path: Ends with ``.html``.
        what: The labels.
        findings: Their figures.
        hu: The CT on the same grid; without it the pictures show labels on black.
        overwrite: Replace an existing file.

    Raises:
        InputError: the file exists.
        ResourceError: disk full, folder read-only, drive gone, or what was read back differs.
    """
    refuse_existing(path, overwrite=overwrite)
    page = report(what, findings, pictures_of(what.labels, what.grid, what.labelset, hu), with_ct=hu is not None)
    data = page.encode("utf-8")
    with replacing(path, need_bytes=len(data)) as temporary:
        temporary.write_bytes(data)
        if temporary.read_bytes() != data:
            raise ResourceError(
                f"“{path.name}” was not written: reading it back gave something else.",
                "The disk or the network drive lost data.",
                "Try another folder or disk; what was there before is untouched.",
            )
    return path


def report(what: Handover, findings: Findings, pictures: Iterable[Picture], *, with_ct: bool) -> str:
    """Return the page as HTML."""
    z, y, x = what.grid.shape_zyx
    dz, dy, dx = what.grid.spacing_zyx_mm
    size = f"{x} × {y} × {z} voxels of {dx:.2f} × {dy:.2f} × {dz:.2f} mm" if findings.measurable else f"{x} × {y} × {z}"
    made = " ".join(("groundglass", what.version)).strip()
    authors = f"Labels by {', '.join(what.authors)}." if what.authors else ""
    ground = "" if with_ct else "The CT was not at hand: pictures show labels only, and no HU are given."
    head = escape(" ".join(part for part in (f"{size}.", authors, f"Made with {made}.", ground) if part))
    meaning = (
        "Lung is lung with its ground-glass and consolidation; effusion is outside. A lesion is a group of voxels that "
        "touch; its side is its nearest lung. Pictures show the slice of each third in which most is involved; the "
        f"patient’s right is on the left. {DEFINITION}"
    )
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{escape(what.name)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(what.name)}</h1>",
        f'<p class="muted">{head}</p>',
        *(f'<p class="warn">{escape(text)}</p>' for text in what.warnings),
        '<div class="pictures">',
        *(_figure(picture) for picture in pictures),
        "</div>",
        _summary(findings),
        _labels(findings),
        "<h2>What it means</h2>",
        f'<p class="muted">{escape(meaning)}</p>',
        f"<p><strong>{_NOTICE}</strong></p>",
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _figure(picture: Picture) -> str:
    data = base64.b64encode(png(picture.rgb)).decode("ascii")
    title = escape(picture.title)
    return f'<figure><img alt="{title}" src="data:image/png;base64,{data}"><figcaption>{title}</figcaption></figure>'


def _summary(findings: Findings) -> str:
    lung = _ml(findings.lung_ml, findings)
    sides = f"right {_ml(findings.right_ml, findings)}, left {_ml(findings.left_ml, findings)}"
    score = _NONE if findings.severity is None else f"{findings.severity} of {HIGHEST}"
    zones = {(zone.side, zone.third): zone for zone in findings.zones}
    rows = "".join(
        f"<tr><td>{third}</td>"
        + "".join(f"<td>{_percent(z.percent)} ({z.score})</td>" for side in SIDES if (z := zones.get((side, third))))
        + "</tr>"
        for third in THIRDS
    )
    table = f"<table><tr><th>involved (points)</th><th>right</th><th>left</th></tr>{rows}</table>" if zones else ""
    return (
        '<div class="row"><div>'
        f'<h2>Lung</h2><p class="big">{lung}</p><p class="muted">{sides}</p>'
        f'<h2>Involved</h2><p class="big">{_percent(findings.involved_percent)}</p>'
        f'<p class="muted">{_ml(findings.involved_ml, findings)} of ground-glass and consolidation</p></div>'
        f'<div><h2>Severity, estimated from thirds</h2><p class="big">{score}</p>{table}</div></div>'
    )


def _labels(findings: Findings) -> str:
    rows = "".join(
        f'<tr><td><span class="dot" style="background:{escape(x.colour)}"></span>{escape(x.name)}</td>'
        f"<td>{_ml(x.ml, findings)}</td><td>{_percent(x.percent_of_lung)}</td>"
        f"<td>{_ml(x.ml_right, findings)}</td><td>{_ml(x.ml_left, findings)}</td>"
        f"<td>{_NONE if x.lesions is None else x.lesions}</td><td>{_ml(x.largest_ml, findings)}</td>"
        f"<td>{_NONE if x.mean_hu is None else f'{x.mean_hu:.0f}'.replace('-', '−')}</td></tr>"
        for x in findings.labels
    )
    head = "".join(
        f"<th>{name}</th>" for name in ("", "volume", "of lung", "right", "left", "lesions", "largest", "mean HU")
    )
    return f"<h2>Labels</h2><table><tr>{head}</tr>{rows}</table>"


def _ml(value: float | None, findings: Findings) -> str:
    if value is None or not findings.measurable:
        return _NONE
    return f"{value:.0f} ml" if value >= 9.95 else f"{value:.1f} ml"


def _percent(value: float | None) -> str:
    return _NONE if value is None else f"{value:.1f} %"
