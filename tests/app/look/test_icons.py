"""Icons that exist and take the colour they are asked for."""

from __future__ import annotations

from app.look.icons import has_icon, icon_pixmap, line_icon


def test_icons_take_the_colour_they_are_asked_for(qapp) -> None:
    picture = icon_pixmap("square", 24, "#ff0000", ratio=2.0).toImage()
    assert (picture.width(), picture.height()) == (48, 48)
    seen = {
        picture.pixelColor(x, y).name() for x in range(48) for y in range(48) if picture.pixelColor(x, y).alpha() == 255
    }
    assert seen == {"#ff0000"}
    assert not line_icon("no such icon").pixmap(20, 20).isNull()
    assert has_icon("brush")
    assert not has_icon("no such icon")
