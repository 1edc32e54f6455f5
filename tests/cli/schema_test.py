"""The shipped schema is the one that the program prints, and every shipped config obeys it."""
import json
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
        configs = [p for p in (SOURCE / "configs").glob("*.json") if p.name != "config.schema.json"]
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


if __name__ == "__main__":
    unittest.main()
