"""`new`: where it writes, and what it refuses."""
import json
import os
import re
import subprocess
import unittest

from program import SOURCE, ProgramTest, attnbench

# A mistake in each part of the template's kernel.
MISTAKES = {"take": ("gate * state[", "state["), "read": ("scale * q[c]", "q[c]"),
            "run": ("next <= aligned_position(p, i)", "next < aligned_position(p, i)")}


class New(ProgramTest):
    def setUp(self):
        super().setUp()
        self.tree = self.folder / "tree"
        for file in ("harness/include/attnbench/variant.h", "variants/CMakeLists.txt", "variants/local/window2.cpp"):
            (self.tree / file).parent.mkdir(parents=True, exist_ok=True)
            (self.tree / file).write_text("as it was")

    def new(self, *args, cwd=None):
        return attnbench("new", *args, cwd=cwd or self.folder)

    def files(self, folder):
        return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())

    def refuse(self, reason, *args, cwd=None, code=2):
        before = {p: p.read_bytes() for p in self.folder.rglob("*") if p.is_file()}
        done = self.new(*args, cwd=cwd)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertIn(reason, done.stderr)
        self.assertEqual({p: p.read_bytes() for p in self.folder.rglob("*") if p.is_file()}, before)

    def test_in_the_tree_it_is_one_file_in_its_family_under_its_own_name(self):
        for args, family in [((), "experimental"), (("--family", "local"), "local")]:
            name = f"seen_by_{family}"
            done = self.new(name, *args, cwd=self.tree / "harness")
            self.assertEqual(done.returncode, 0, done.stderr)
            written = self.tree / "variants" / family / f"{name}.cpp"
            template = (SOURCE / "harness/cli/new/my_variant.cpp").read_text()
            self.assertEqual(written.read_text(), template.replace("my_variant", name))
            self.assertIn(str(written), done.stdout)

    def test_of_another_kind_it_is_written_from_another_template(self):
        done = self.new("mine", "--kind", "approximate", cwd=self.tree)
        self.assertEqual(done.returncode, 0, done.stderr)
        template = (SOURCE / "harness/cli/new/my_approximation.cpp").read_text()
        self.assertEqual((self.tree / "variants/experimental/mine.cpp").read_text(),
                         template.replace("my_variant", "mine"))
        done = self.new("mine", "--kind", "approximate", "--dir", self.folder / "d")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.folder / "d/mine.cpp").read_text(), template.replace("my_variant", "mine"))
        self.assertNotIn("my_variant", (self.folder / "d/mine.json").read_text())
        self.refuse("approximate", "other", "--kind", "guessed", "--dir", self.folder / "e")

    def check(self, source):
        """The status of each promise, by what `check` prints of a plugin with this source."""
        (self.folder / "mine.cpp").write_text(source)
        plugin = self.folder / "libmine.so"
        built = subprocess.run(
            ["g++", "-std=c++20", "-O2", "-fopenmp", "-fPIC", "-shared", "-fvisibility=hidden", "-I",
             SOURCE / "harness/include", self.folder / "mine.cpp", SOURCE / "cmake/package/plugin_entry.cpp",
             "-o", plugin], capture_output=True, text=True)
        self.assertEqual(built.returncode, 0, built.stderr)
        told = attnbench("check", "--plugin", plugin, "my_variant").stdout
        plugin.unlink()  # A loaded file is never written over.
        return {promise: status for status, promise in
                re.findall(r"^(ok|FAILED|does not apply|not tried) +my_variant: ([^(:\n]*[^ (:\n])", told, re.M)}

    def test_what_it_writes_of_another_kind_is_right_and_a_mistake_in_its_kernel_is_found(self):
        template = (SOURCE / "harness/cli/new/my_approximation.cpp").read_text()
        statuses = self.check(template)
        self.assertEqual(statuses["agrees with its definition"], "ok")
        self.assertNotIn("FAILED", statuses.values())
        for part, (right, wrong) in MISTAKES.items():
            with self.subTest(part):
                self.assertEqual(template.count(right), 1)
                statuses = self.check(template.replace(right, wrong))
                self.assertEqual(statuses["agrees with its definition"], "FAILED")

    def test_with_a_folder_it_is_a_project_of_its_own(self):
        done = self.new("mine", "--dir", self.folder / "a/b")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.files(self.folder / "a/b"), ["CMakeLists.txt", "mine.cpp", "mine.json"])
        for file in self.files(self.folder / "a/b"):
            text = (self.folder / "a/b" / file).read_text()
            self.assertIn("mine", text)
            self.assertNotIn("my_variant", text)

    def test_a_study_is_a_folder_of_configs_with_study_json_and_a_config_that_plans(self):
        done = self.new("--study", "my-own", cwd=self.tree / "harness")
        self.assertEqual(done.returncode, 0, done.stderr)
        folder = self.tree / "configs/my-own"
        self.assertEqual(self.files(folder), ["study.json", "time.json"])
        self.assertIn("attnbench study configs/my-own\n", done.stdout)
        study = json.loads((folder / "study.json").read_text())
        self.assertEqual((study["name"], study["$schema"]), ("my-own", "../study.schema.json"))
        self.assertEqual(sum(len(section["claims"]) for section in study["sections"]), 3)
        self.assertEqual(attnbench("plan", folder / "time.json").returncode, 0)

    def test_a_study_in_another_folder_names_no_schema(self):
        done = self.new("mine", "--study", "--dir", self.folder / "s")
        self.assertEqual(done.returncode, 0, done.stderr)
        for file in ("study.json", "time.json"):
            self.assertNotIn("$schema", json.loads((self.folder / "s" / file).read_text()))

    def test_a_study_is_never_written_over_and_has_no_kind(self):
        (self.folder / "s").mkdir()
        (self.folder / "s/time.json").write_text("kept")
        self.refuse("s/time.json exists; nothing was written", "--study", "mine", "--dir", self.folder / "s")
        self.refuse("expected the name of a folder", "--study", "../mine", cwd=self.tree)
        self.refuse("--dir", "--study", "mine")
        for option, value in (("--kind", "exact"), ("--family", "local")):
            self.refuse(option, "--study", "mine", option, value, cwd=self.tree)

    def test_bad_names_are_refused(self):
        for name in ("Mine", "2mine", "_mine", "my-mine", "../mine", "a b", "", "m\u00e4in", "x" * 65):
            self.refuse("expected snake_case", name, "--dir", self.folder / "d")
        for family in ("Local", "../outside", ""):
            self.refuse("expected snake_case", "mine", "--family", family, cwd=self.tree)
        self.refuse("share code", "mine", "--family", "kernels", cwd=self.tree)

    def test_nothing_is_overwritten(self):
        for file in ("mine.cpp", "CMakeLists.txt", "mine.json"):
            project = self.folder / file.replace(".", "_")
            project.mkdir()
            (project / file).write_text("kept")
            self.refuse(str(project / file) + " exists", "mine", "--dir", project)
        os.symlink("nowhere", self.folder / "dangling.cpp")
        self.refuse("exists", "dangling", "--dir", self.folder)
        self.refuse("window2.cpp exists", "window2", cwd=self.tree)

    def test_a_name_that_is_taken_is_refused(self):
        self.refuse("variant 'window' exists in this program", "window", "--dir", self.folder / "d")

    def test_outside_the_tree_the_error_asks_for_a_folder(self):
        self.refuse("--dir", "mine")
        self.refuse("--dir", "mine", "--dir", self.folder / "d", "--family", "local")

    def test_a_folder_that_cannot_be_made_exits_3(self):
        (self.folder / "file").write_text("")
        self.refuse(str(self.folder / "file"), "mine", "--dir", self.folder / "file" / "d", code=3)


if __name__ == "__main__":
    unittest.main()
