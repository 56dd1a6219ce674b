"""``python -m transforms2d``: contact sheets and exports from the command line."""

import argparse
import sys
from pathlib import Path

from transforms2d.errors import UserError
from transforms2d.names import KNOWN
from transforms2d.protocol import PRESETS
from transforms2d.views.settings import GROUPS


def main(arguments: list[str] | None = None) -> int:
    """Run one command; a ``UserError`` is printed as one line, with exit status 1."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except (UserError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


def _sheet(options) -> None:
    from transforms2d.contact_sheet import transformation_sheet
    from transforms2d.files.atomic import atomic_path
    from transforms2d.views.sheet import views_sheet

    size = {key: getattr(options, key) for key in ("rows", "columns", "seed", "zoom")}
    if options.views is not None:
        picture = views_sheet(options.views, _base(options), **size)
    else:
        protocol = PRESETS[options.protocol]
        picture = transformation_sheet(options.transform, _base(options), protocol=protocol, **size)
    if options.out.suffix.lower() != ".png":
        raise UserError(f"--out: {options.out} is not a .png file; name one")
    with atomic_path(options.out) as temporary:
        picture.save(temporary)


def _base(options):
    from transforms2d.base_images import BaseImages, fetch, prepare

    if options.base is not None:
        return BaseImages.load(options.base)
    settings = {"objects": None, "backgrounds": None, "prototypes": 1}
    if options.folder is not None:
        settings |= {"source": "folder", "folder": str(options.folder)}
    else:
        settings |= {"source": "procedural", "seed": 0, "objects": 24, "backgrounds": 48}
    return prepare(fetch(settings), image_size=options.image_size)


def _export(options) -> None:
    from transforms2d.storage.export import export_image_folder, export_parquet
    from transforms2d.storage.shards import read_shard

    write = export_parquet if options.format == "parquet" else export_image_folder
    shards = [read_shard(path) for path in options.shards]
    write(options.out, shards, name=options.name or options.out.name, license=options.license)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m transforms2d", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    sheet = commands.add_parser(
        "sheet", help="draw a contact sheet of a transformation or of views"
    )
    what = sheet.add_mutually_exclusive_group(required=True)
    what.add_argument("--transform", choices=("all", "none", *KNOWN), metavar="NAME")
    what.add_argument("--views", choices=("all", *GROUPS), metavar="GROUP")
    sheet.add_argument("--out", required=True, type=Path, help="the .png file to write")
    sheet.add_argument("--rows", type=int, default=4, help="objects (4)")
    sheet.add_argument("--columns", type=int, default=8, help="draws of the parameters (8)")
    sheet.add_argument("--seed", type=int, default=0, help="seed of objects and draws (0)")
    sheet.add_argument("--zoom", type=int, default=3, help="screen pixels per pixel (3)")
    sheet.add_argument("--protocol", choices=tuple(PRESETS), default="paper")
    source = sheet.add_mutually_exclusive_group()
    source.add_argument("--base", type=Path, help="a file of prepared base images")
    source.add_argument("--folder", type=Path, help="a folder of foregrounds/ and backgrounds/")
    sheet.add_argument("--image-size", type=int, default=32, help="side of the images (32)")
    sheet.set_defaults(command=_sheet)

    export = commands.add_parser("export", help="export shards as parquet or as a folder of images")
    export.add_argument("shards", nargs="+", type=Path, help="one shard per split")
    export.add_argument("--out", required=True, type=Path, help="the new folder")
    export.add_argument("--format", choices=("parquet", "folder"), default="parquet")
    export.add_argument("--name", help="title of the dataset card (the folder's name)")
    export.add_argument("--license", default="unknown", help="licence identifier of the card")
    export.set_defaults(command=_export)
    return parser


if __name__ == "__main__":
    sys.exit(main())
