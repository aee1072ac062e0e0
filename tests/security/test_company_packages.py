"""What a command can import or read of the company's own packages: nothing, by whatever way it asks."""

import sys
from pathlib import Path

import pytest

from tests.fixtures.jailed import Jail

CLASS = "a program passes here that fails on its user's machine"


@pytest.mark.attack("the company's packages, by their path", CLASS)
def test_the_company_s_packages_are_out_of_reach(jail: Jail) -> None:
    """Class: a command runs on what its repository declares. The folder is known; nothing in it can be opened."""
    place = Path(pytest.__file__).parents[1]
    (jail.workspace / "requirements.txt").write_text("pytest\n")
    result = jail.attack(
        f"""
    import importlib.util, os, site
    place = {str(place)!r}
    os.symlink(place, "inside")
    for way in (place, "inside", place + "/../site-packages"):
        sys.path.insert(0, way)
        site.addsitedir(way)
    print([n for n in ("httpx", "yaml", "pydantic", "damascus") if importlib.util.find_spec(n)])
    for name in ("httpx/__init__.py", "yaml/__init__.py", "."):
        try:
            os.listdir(place) if name == "." else open(os.path.join(place, name)).close()
            print("opened", name)
        except PermissionError:
            pass
    import pytest
    print(pytest.__name__)
        """
    )
    assert result.output == "[]\npytest\n"


@pytest.mark.attack("an environment that a command changes for the next one", CLASS)
def test_no_command_changes_what_the_next_one_runs_on(jail: Jail) -> None:
    """Class: as above. The environment can be read only, and is of one command."""
    (jail.workspace / "requirements.txt").write_text("pytest\n")
    result = jail.attack(
        """
    import pytest
    own, theirs = sys.prefix, os.path.dirname(os.path.realpath(pytest.__file__))
    for path in (own + "/bin/pip", own + "/pyvenv.cfg", theirs + "/__init__.py", os.path.realpath(own + "/bin/pip")):
        for way in (lambda: open(path, "a"), lambda: os.unlink(path), lambda: os.rename(path, "x"),
                    lambda: os.chmod(path, 0o777), lambda: os.utime(path, (1, 1))):
            try:
                way()
                print("changed", path)
            except OSError:
                pass
    print("tried")
        """
    )
    assert result.output == "tried\n"
    assert jail.litter() == []
    assert "from _pytest" in Path(pytest.__file__).read_text()
    assert (Path(sys.prefix) / "bin" / "python").exists()


@pytest.mark.attack("the machine's packages, by its Python's path", CLASS)
def test_the_machine_s_packages_are_out_of_reach(jail: Jail) -> None:
    """Class: a command runs on what its repository declares. Debian's Python finds none of Debian's packages."""
    there = [place for place in Path("/usr").glob("lib/python3*/dist-packages") if any(place.glob("*/__init__.py"))]
    if not there or not Path("/usr/bin/python3").exists():
        pytest.skip("this machine's Python has no packages in dist-packages")
    names = sorted(package.parent.name for package in there[0].glob("*/__init__.py"))
    result = jail.run(
        f"""cat >ask.py <<'END'
import importlib, os, sys
for name in {names!r}:
    try:
        importlib.import_module(name)
        print("imported", name)
    except ModuleNotFoundError:
        pass
for path in ({str(there[0])!r}, {str(there[0])!r} + "/" + {names[0]!r} + "/__init__.py"):
    try:
        os.listdir(path) if os.path.isdir(path) else open(path).close()
        print("opened", path)
    except PermissionError:
        pass
import json, sqlite3, ssl, xml.etree
print("asked")
END
/usr/bin/python3 ask.py && printf 'int main(){{return 0;}}' >a.c && (! command -v cc >/dev/null || cc a.c -o a)"""
    )
    assert (result.output, result.exit_code) == ("asked\n", 0)
