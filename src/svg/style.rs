//! The colours for light and dark, and the patterns that say the same without colours.

/// The style for light, then what differs in the dark. No CSS variables: not every SVG viewer knows them.
pub const STYLE: &str = "\
text{font:12px system-ui,-apple-system,'Segoe UI','Noto Sans','DejaVu Sans',sans-serif;fill:#1f2328}
.page{fill:#fff}.dim{fill:#59636e}.small{font-size:11px}.head{font-weight:600}.large{font-size:15px;font-weight:600}.alarm{fill:#a40e26;font-weight:600}
.mid{text-anchor:middle}.end{text-anchor:end}.halo{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
.grid,.edge,.zero,.seen,.flow,.dash{fill:none}.grid{stroke:#d1d9e0}.edge{stroke:#59636e}.zero{stroke:#1f2328;stroke-width:1.5}
.seen{stroke:#6639ba;stroke-width:1.5;stroke-dasharray:2 3}.flow{stroke:#0969da;stroke-width:2}.mark,.tip{fill:#1f2328}
.good{fill:#aceebb}.less{fill:#f0cf4e}.warn{fill:#ffd8b5}.bad{fill:#ffcecb}.idle{fill:#eff2f5}.one{fill:#80bfff}.two{fill:#f2b661}
.box{fill:#f6f8fa;stroke:#59636e}circle.count{fill:#1f2328}text.count{fill:#fff;font-weight:600}.dash{stroke:#59636e;stroke-dasharray:5 4}.dots{fill:#953800}.hatch{stroke:#a40e26;stroke-width:2}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.page{fill:#0d1117}.dim{fill:#9198a1}.alarm{fill:#ff9492}
.halo{stroke:#0d1117}.grid{stroke:#3d444d}.edge{stroke:#9198a1}.zero{stroke:#f0f6fc}.seen{stroke:#d2a8ff}
.flow{stroke:#58a6ff}.mark,.tip{fill:#f0f6fc}.good{fill:#0f5323}.less{fill:#7d5e00}.warn{fill:#5a2a02}.bad{fill:#67060c}.idle{fill:#212830}
.one{fill:#388bfd}.two{fill:#d47616}.box{fill:#151b23;stroke:#9198a1}circle.count{fill:#f0f6fc}text.count{fill:#0d1117}.dash{stroke:#9198a1}.dots{fill:#f0883e}.hatch{stroke:#ff7b72}}
";

/// The patterns, and the head of an arrow.
pub const PATTERNS: &str = "\
<defs><pattern id=\"hatch\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
<path d=\"M0 0V8\" class=\"hatch\"/></pattern>\
<pattern id=\"dots\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\"><circle cx=\"2\" cy=\"2\" r=\"1.2\" class=\"dots\"/></pattern>\
<marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"5\" markerHeight=\"5\" orient=\"auto\">\
<path d=\"M0 0L8 4L0 8z\" class=\"tip\"/></marker></defs>\n";
