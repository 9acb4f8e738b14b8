"""Words of motivating monitoring, management mechanisms and roadmaps."""
