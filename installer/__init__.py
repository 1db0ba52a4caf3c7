"""Sets groundglass up: ``python3 -m installer``. Standard library only; runs before anything is installed."""
