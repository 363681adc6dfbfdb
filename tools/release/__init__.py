"""Build and publish the buildpack, its images and the builder."""
