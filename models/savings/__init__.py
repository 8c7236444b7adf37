"""Statistics of measured savings: a baseline with correlated residuals, placebo windows, and switchback trials."""
