"""Sources that resolve: claims are traced to passages of pages that are kept."""
