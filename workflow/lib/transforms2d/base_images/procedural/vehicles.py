"""Drawings of vehicles on a ``Canvas``. Each faces one side, so a flip is visible."""

from transforms2d.base_images.procedural.textures import checks, gradient, sectors, stripes


def aeroplane(c):
    c.polygon([(34, 46), (16, 8), (30, 8), (62, 46)], "#9fb2c4")
    c.polygon([(6, 30), (14, 28), (26, 48), (10, 52)], "#d6201c")
    c.blob(
        [(4, 50), (40, 42), (82, 42), (98, 54), (82, 62), (30, 62)],
        gradient("#ffffff", "#b8c6d4", 90, (42, 62)),
    )
    c.polygon([(38, 56), (66, 56), (34, 94), (20, 94)], "#7f94a8")
    for x in (36, 46, 56, 66):
        c.ellipse(x, 50, 3, 3, "#1c4fd6")
    c.polygon([(80, 46), (92, 50), (80, 52)], "#123a8a")


def balloon(c):
    c.line([(34, 66), (44, 84)], 2, "#5a3a1a")
    c.line([(68, 66), (58, 84)], 2, "#5a3a1a")
    c.ellipse(50, 38, 40, 37, stripes("#e8303a", "#ffd84a", 20, 0, 0.5))
    c.polygon([(18, 58), (82, 58), (62, 76), (40, 76)], "#8a1c6a")
    c.rect(40, 82, 62, 98, checks("#b8803c", "#7a5020", 5), 2)


def bus(c):
    c.rect(2, 22, 96, 80, "#e8b012", 8)
    c.rect(2, 60, 96, 68, "#1a1a1a")
    for x in (8, 26, 44, 62):
        c.rect(x, 30, x + 14, 50, "#7fd0f0", 2)
    c.rect(80, 30, 96, 56, "#bfeaff", 2)
    for x in (24, 74):
        c.ellipse(x, 82, 12, 12, "#1f1f1f")
        c.ellipse(x, 82, 5, 5, "#b8b8b8")


def car(c):
    c.blob([(20, 48), (32, 26), (60, 24), (76, 46), (60, 54), (30, 54)], "#c41230")
    c.blob(
        [(2, 70), (6, 50), (30, 46), (74, 46), (96, 56), (98, 74), (50, 78)],
        gradient("#ff3a50", "#9a0c22", 90, (44, 78)),
    )
    c.polygon([(28, 46), (36, 32), (47, 31), (47, 46)], "#c6ecff")
    c.polygon([(51, 31), (60, 31), (70, 46), (51, 46)], "#c6ecff")
    for x in (24, 76):
        c.ellipse(x, 74, 12, 12, "#161616")
        c.ellipse(x, 74, 5.5, 5.5, "#d8d8d8")
    c.ellipse(95, 60, 4, 3, "#fff3a0")


def rocket(c):
    c.blob([(16, 70), (4, 96), (30, 84)], "#ff8a10")
    c.blob([(20, 74), (12, 90), (28, 80)], "#ffe14a")
    c.polygon([(26, 58), (8, 62), (16, 40), (38, 38)], "#d6201c")
    c.polygon([(42, 74), (38, 92), (60, 84), (62, 62)], "#a81814")
    c.blob(
        [(20, 66), (46, 28), (96, 4), (72, 54), (34, 80)],
        gradient("#ffffff", "#9fb0c0", 45, (55, 85)),
    )
    c.polygon([(78, 14), (97, 3), (87, 23)], "#d6201c")
    c.ellipse(62, 40, 10, 10, "#1c4fd6")
    c.ellipse(61, 39, 6, 6, "#8ad0ff")


def sailboat(c):
    c.line([(46, 2), (46, 76)], 4, "#6b4423")
    c.polygon([(50, 4), (50, 68), (94, 68)], stripes("#ffffff", "#e0303a", 16, 90, 0.45))
    c.polygon([(42, 16), (42, 68), (10, 68)], "#2f7de0")
    c.polygon([(2, 74), (98, 74), (82, 97), (20, 97)], "#7a4420")
    c.rect(4, 74, 96, 80, "#e8c07a")


def tractor(c):
    c.rect(28, 10, 62, 48, "#1f7a2c", 4)
    c.rect(34, 17, 56, 40, "#c6f0ff")
    c.rect(40, 42, 94, 70, "#2fa53c", 4)
    c.rect(78, 18, 85, 44, "#444444")
    c.ellipse(30, 68, 28, 28, "#1c1c1c")
    c.ellipse(30, 68, 15, 15, sectors("#ffd21a", "#c49a00", 12, (30, 68)))
    c.ellipse(82, 80, 16, 16, "#1c1c1c")
    c.ellipse(82, 80, 7, 7, "#ffd21a")


def train(c):
    c.rect(4, 20, 42, 74, "#1c4fa8", 3)
    c.rect(10, 28, 34, 48, "#fff0a8", 2)
    c.rect(38, 40, 88, 74, "#2f6fd6", 8)
    c.rect(0, 14, 46, 24, "#c9201c", 3)
    c.polygon([(66, 40), (82, 40), (86, 12), (62, 12)], "#222222")
    c.polygon([(88, 62), (100, 84), (84, 84)], "#c9201c")
    c.ellipse(78, 8, 12, 7, "#d8d8d8")
    for x, r in ((18, 13), (46, 11), (70, 11)):
        c.ellipse(x, 82, r, r, "#8a1c18")
        c.ellipse(x, 82, r * 0.4, r * 0.4, "#f0d8a0")
    c.line([(18, 84), (70, 84)], 3.5, "#d8d8d8")
