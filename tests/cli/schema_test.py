"""The shipped schemas are those that the program prints, and every shipped config and study obeys them."""
import copy
import json
import re
import unittest

import jsonschema

from program import PROGRAM, SOURCE, ProgramTest, attnbench, tiny_config


class Schema(ProgramTest):
    def setUp(self):
        super().setUp()
        self.text = attnbench("schema").stdout
        self.schema = json.loads(self.text)
        jsonschema.Draft202012Validator.check_schema(self.schema)
        self.validator = jsonschema.Draft202012Validator(self.schema)

    def test_the_shipped_schema_is_current(self):
        if (SOURCE / "configs/config.schema.json").read_text() != self.text:
            self.fail("configs/config.schema.json is stale, as after adding a variant. Write it anew by\n"
                      f"  {PROGRAM} schema > {SOURCE}/configs/config.schema.json")

    def test_every_shipped_config_is_valid_and_plans(self):
        # The peers' configs need files in Python: peers_test.py.
        configs = [p for p in (SOURCE / "configs").glob("*.json")
                   if not p.name.endswith(".schema.json") and not p.name.startswith("peers")]
        self.assertGreaterEqual(len(configs), 3)
        for path in configs:
            self.validator.validate(json.loads(path.read_text()))
            done = attnbench("plan", path)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_schema_and_reader_refuse_the_same_mistakes(self):
        def change(path, value):
            config = tiny_config()
            *parents, last = path
            place = config
            for key in parents:
                place = place[key]
            place[last] = value
            return config

        mistakes = [
            change(["nonsense"], 1),
            change(["variants"], []),
            change(["variants", 0], "no_such_variant"),
            change(["variants", 1, "params", "windw"], 3),
            change(["variants", 1, "params", "left"], -2),
            change(["sweep", "seq_len"], []),
            change(["sweep", "seq_len"], 0),
            change(["sweep", "heads"], -5),
            change(["sweep", "heads"], 4.7),
            change(["sweep", "causal"], 1),
            change(["sweep", "seq_len"], {"from": 1, "to": 4, "step": 0}),
            change(["sweep", "seq_len"], {"from": 1, "to": 4}),
            change(["measure", "rounds"], 0),
            change(["name"], "../outside"),
        ]
        for config in mistakes:
            self.assertFalse(self.validator.is_valid(config), config)
            done = attnbench("plan", self.write_config(config))
            self.assertEqual(done.returncode, 2, config)
        self.validator.validate(tiny_config())


class StudySchema(ProgramTest):
    def setUp(self):
        super().setUp()
        self.text = attnbench("schema", "--study").stdout
        schema = json.loads(self.text)
        jsonschema.Draft202012Validator.check_schema(schema)
        self.validator = jsonschema.Draft202012Validator(schema)
        done = attnbench("new", "--study", "mine", "--dir", self.folder / "mine")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.study = json.loads((self.folder / "mine/study.json").read_text())

    def test_the_shipped_schema_is_current(self):
        if (SOURCE / "configs/study.schema.json").read_text() != self.text:
            self.fail("configs/study.schema.json is stale, as after a change of quantities. Write it anew by\n"
                      f"  {PROGRAM} schema --study > {SOURCE}/configs/study.schema.json")

    def test_every_shipped_study_is_valid(self):
        for path in (SOURCE / "configs").glob("*/study.json"):
            study = json.loads(re.sub(r"(?m)^\s*//.*$", "", path.read_text()))
            self.validator.validate(study)
            self.assertEqual(study["$schema"], "../study.schema.json")

    def test_the_study_that_new_writes_is_valid_and_mistakes_in_it_are_not(self):
        self.validator.validate(self.study)
        ratio = ["sections", 0, "claims", 1]
        mistakes = [(["titel"], "x"), (["title"], " "), (["name"], "../x"), (["sections"], []),
                    (["configs", 0, "file"], "study.json"), (["sections", 0, "id"], "Time"),
                    (["sections", 0, "config"], "../x.json"), (["sections", 0, "text"], []),
                    (["sections", 0, "shows", 0, "chart"], "tim"), (["sections", 0, "shows", 0, "table"], "t.json"),
                    ([*ratio, "quantity"], "tim"), ([*ratio, "measure"], "ration"), ([*ratio, "measure"], "value"),
                    ([*ratio, "at_most"], 3), ([*ratio, "at_least"], "2"), ([*ratio, "of"], {"threads": 1}),
                    ([*ratio, "of"], {"variant": "full", "threads": [1, 2]}),
                    ([*ratio, "of"], {"variant": "full", "distance": "far"})]
        for path, value in mistakes:
            study = copy.deepcopy(self.study)
            place = study
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
            self.assertFalse(self.validator.is_valid(study), path)
        for key in ("config", "question"):
            study = copy.deepcopy(self.study)
            del study["sections"][0][key]
            self.assertFalse(self.validator.is_valid(study), key)
        for key in ("at_least", "over"):
            study = copy.deepcopy(self.study)
            del study["sections"][0]["claims"][1][key]
            self.assertFalse(self.validator.is_valid(study), key)


if __name__ == "__main__":
    unittest.main()
