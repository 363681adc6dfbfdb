"""Reading what conda's users write: environment.yml, explicit specs, conda-lock.yml and pixi.lock. Nothing here solves or fetches."""
