"""The Cloud Native Buildpacks specification, without anything specific to Seldon."""
