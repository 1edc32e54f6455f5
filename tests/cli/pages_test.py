"""The pages that people read name what is there: links, commands, fields of configs, columns of CSV files."""
import json
import re
import unittest

from program import SOURCE, ProgramTest, attnbench, tiny_config

PAGES = [page for place in (".", "configs", "configs/real", "harness", "python", "results", "variants", "variants/kernels")
         for page in sorted((SOURCE / place).glob("*.md"))]


def code_of(page):
    """The lines of indented and fenced blocks, and what stands between backquotes."""
    text = re.sub(r"\\\n\s*", "", page.read_text())
    fences = r"^```\w*\n(.*?)^```"
    blocks = [line for fenced in re.findall(fences, text, re.M | re.S) for line in fenced.splitlines()]
    text = re.sub(fences, "", text, flags=re.M | re.S)
    blocks += re.findall(r"^    (.*)$", text, re.M)
    return blocks + [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]


def first_cells(page, heading):
    """What stands between backquotes in the first cells of the tables below a heading."""
    section = page.read_text().split(heading + "\n", 1)[1]
    section = re.split(r"^#", section, maxsplit=1, flags=re.M)[0]
    names = []
    for row in re.findall(r"^\| (`.*?) \|", section, re.M):
        names += re.findall(r"`([^`]+)`", row)
    return names


class Pages(ProgramTest):
    def test_the_front_page_stays_short(self):
        self.assertLessEqual(len((SOURCE / "README.md").read_text().splitlines()), 150)

    def test_every_link_leads_to_a_file(self):
        for page in PAGES:
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
                self.assertTrue((page.parent / target).exists(), f"{page}: {target}")

    def test_every_link_into_a_page_leads_to_a_place_in_it(self):
        for page in PAGES:
            for target, place in re.findall(r"\]\(([^):]*)#([^)]+)\)", page.read_text()):
                text = ((page.parent / target) if target else page).read_text()
                headings = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
                            for heading in re.findall(r"^#+ (.*)$", text, re.M)]
                self.assertIn(place, headings + re.findall(r'id="([^"]+)"', text), page)

    def test_commands_use_subcommands_and_options_that_exist(self):
        launcher = {"setup": None, "test": None}
        known = launcher | {name: set(re.findall(r"--[a-z0-9-]+", attnbench(name, "--help").stdout))
                            for name in re.findall(r"^  ([a-z]+)  ", attnbench("--help").stdout, re.M)}
        checked = 0
        for page in PAGES:
            for line in code_of(page):
                for command in re.findall(r"(?:^|[\s/])attnbench ((?:--plugin \S+ )?[a-z]\w+(?: [^#&|`]*)?)", line):
                    words = command.split()
                    name = words[2] if words[0] == "--plugin" else words[0]
                    self.assertIn(name, known, f"{page}: {line}")
                    if known[name] is not None:
                        for option in re.findall(r"(?:^|\s)(--[a-z0-9-]+)", command):
                            self.assertIn(option, known[name], f"{page}: {line}")
                    checked += 1
        self.assertGreater(checked, 30)

    def test_every_field_of_a_config_is_explained(self):
        schema = json.loads(attnbench("schema").stdout)["properties"]
        page = SOURCE / "configs/README.md"
        self.assertEqual(sorted(first_cells(page, "### `sweep`: the axes")), sorted(schema["sweep"]["properties"]))
        fields = [name for name in schema if name not in ("measure", "report")]
        for section in ("measure", "report"):
            fields += [f"{section}.{name}" for name in schema[section]["properties"]]
        self.assertEqual(sorted(first_cells(page, "## Fields")), sorted(fields))

    def test_every_field_of_a_study_is_explained(self):
        schema = json.loads(attnbench("schema", "--study").stdout)
        page = SOURCE / "configs/README.md"
        section = schema["properties"]["sections"]["items"]["properties"]
        claim = schema["$defs"]["claim"]["properties"]
        self.assertEqual(first_cells(page, "### The fields of `study.json`"), list(schema["properties"]))
        self.assertEqual(first_cells(page, "### The fields of a section"), list(section))
        self.assertEqual(first_cells(page, "### The fields of a claim"), list(claim))

    def test_every_quantity_of_a_study_is_named(self):
        schema = json.loads(attnbench("schema", "--study").stdout)
        text = (SOURCE / "configs/README.md").read_text().split("### Quantities\n", 1)[1].split("\n#", 1)[0]
        probes = first_cells(SOURCE / "configs/README.md", "### `probes`")
        named = {*re.findall(r"`([a-z0-9_]+)`", text), *probes}
        self.assertEqual(named, {choice["const"] for choice in schema["$defs"]["quantity"]["oneOf"]})

    def test_every_shipped_config_has_its_question(self):
        shipped = [path.name for path in (SOURCE / "configs").glob("*.json") if not path.name.endswith(".schema.json")]
        named = first_cells(SOURCE / "configs/README.md", "## The shipped configs")
        self.assertEqual(sorted(named), sorted(shipped))

    def test_every_shipped_study_has_its_question(self):
        shipped = [f"{path.parent.name}/" for path in (SOURCE / "configs").glob("*/study.json")]
        self.assertEqual(sorted(first_cells(SOURCE / "configs/README.md", "### The shipped studies")), sorted(shipped))

    def test_every_column_is_explained(self):
        _, run_dir = self.run_config({**tiny_config(), "probes": {"influence": {"seeds": 1, "distances": 2}}})
        cases, samples, probes = (
            (run_dir / name).read_text().split("\n", 1)[0].split(",") for name in ("cases.csv", "samples.csv", "probes.csv"))
        while cases[0] == samples[0]:  # What names a case: the page tells of those in a sentence.
            del cases[0], samples[0], probes[0]
        explained = first_cells(SOURCE / "results/README.md", "## The columns of the CSV files")
        self.assertEqual(sorted(set(explained)), sorted({*cases, *samples, *probes}))


if __name__ == "__main__":
    unittest.main()
