"""What BI tools are given of the published file, made from its declarations. The pipeline never imports this."""
