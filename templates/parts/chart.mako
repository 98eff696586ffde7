## Charts drawn by the server (pages.charts). Colors are in the stylesheet; each chart has its figures as text or a table.

## A charts.BarChart: bars of calls with refused ones on top, and the limit as a line.
<%def name="bars(chart)">
<figure class="chart">
<figcaption>${chart.title}</figcaption>
<svg viewBox="0 0 ${chart.width} ${chart.height}" role="img" aria-label="${chart.summary}">
% for line in chart.lines:
<line class="chart-line" x1="${chart.left}" x2="${chart.width}" y1="${line.y}" y2="${line.y}"></line>
<text class="chart-text" x="${chart.left - 6}" y="${line.y + 4}" text-anchor="end">${line.label}</text>
% endfor
% for bar in chart.bars:
<g><title>${bar.title}</title>
<rect class="chart-area" x="${bar.x}" y="${chart.top}" width="${bar.width}" height="${chart.bottom - chart.top}"></rect>
% if bar.good_height:
<rect class="chart-good" x="${bar.x}" y="${bar.good_y}" width="${bar.width}" height="${bar.good_height}"></rect>
% endif
% if bar.bad_height:
<rect class="chart-bad" x="${bar.x}" y="${bar.bad_y}" width="${bar.width}" height="${bar.bad_height}"></rect>
% endif
</g>
% if bar.label:
<text class="chart-text" x="${bar.middle}" y="${chart.height - 4}" text-anchor="middle">${bar.label}</text>
% endif
% endfor
% if chart.limit_y is not None:
<line class="chart-limit" x1="${chart.left}" x2="${chart.width}" y1="${chart.limit_y}" y2="${chart.limit_y}"></line>
% endif
</svg>
<ul class="legend">
% for kind, label in chart.legend:
<li class="${kind}">${label}</li>
% endfor
</ul>
</figure>
</%def>

## A charts.Sparkline, inside a line of text.
<%def name="spark(spark)"><svg class="spark" viewBox="0 0 ${spark.width} ${spark.height}" width="${spark.width}" height="${spark.height}" role="img" aria-label="${spark.summary}">
% for bar in spark.bars:
<rect class="chart-good" x="${bar.x}" y="${bar.good_y}" width="${bar.width}" height="${bar.good_height}"></rect>
% endfor
</svg></%def>
