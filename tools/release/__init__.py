"""What makes the buildpack, its images and the builder, and publishes them."""
