"""From the measures of single networks to axes, agreement of measures, correlations and fusion."""
