"""The runner of the conformance scenarios."""
