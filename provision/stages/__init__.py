"""The stages of a run, in the words of the flow; none knows another."""
