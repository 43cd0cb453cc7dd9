"""Where work units run. ``local`` runs them in processes of this machine, the lanes."""
