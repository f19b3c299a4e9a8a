"""The life of a case: promoted, quarantined, saturated, retired."""
