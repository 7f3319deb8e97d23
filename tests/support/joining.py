"""The merging of ROOT's hadd, without ROOT."""

import uproot


def merge(target, *parts):
    """Merge as hadd does: trees one after the other, cycles of the provenance in any order."""
    with uproot.recreate(target) as out:
        for name in ("events", "runinfo"):
            trees = [uproot.open(part)[name] for part in parts]
            types = {
                b.name: "string" if b.name == "uuid" else b.interpretation.to_dtype for b in trees[0].branches
            }
            merged = out.mktree(name, types)
            for tree in trees:
                merged.extend({key: tree[key].array() for key in types})
        for part in reversed(parts):
            out["provenance"] = str(uproot.open(part)["provenance"])
    return target
