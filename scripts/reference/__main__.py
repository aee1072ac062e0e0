"""`python -m scripts.reference`: refresh every page."""

from scripts.reference.blocks import FOLDER, refresh


def main() -> None:
    for path in sorted(FOLDER.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if (fresh := refresh(text)) != text:
            path.write_text(fresh, encoding="utf-8")
            print(f"written: {path.relative_to(FOLDER.parents[1])}")


if __name__ == "__main__":
    main()
