## Charts drawn by the server (pages.charts). Colors are in the stylesheet; each chart has its figures as text or a table.

## A charts.BarChart: bars of calls with refused ones on top, and the limit as a line. Its texts are HTML, so that they
## keep their size on every screen; that of a bar is shown while the pointer is on it.
<%def name="bars(chart)">
<figure class="chart">
<figcaption>${chart.title}</figcaption>
<div class="plot" role="img" aria-label="${chart.summary}">
<p class="scale">
% for label in chart.scale:
<span>${label}</span>
% endfor
</p>
<div class="bars">
% for bar in chart.bars:
<div class="bar"><span class="tip">${bar.title}</span>
<svg viewBox="0 0 1 100" preserveAspectRatio="none">
% if bar.good:
<rect class="chart-good" y="${round(100 - bar.good, 1)}" width="1" height="${bar.good}"></rect>
% endif
% if bar.bad:
<rect class="chart-bad" y="${round(100 - bar.good - bar.bad, 1)}" width="1" height="${bar.bad}"></rect>
% endif
</svg>
<span class="tick">${bar.label}</span></div>
% endfor
% if chart.limit is not None:
<svg class="limit-line" viewBox="0 0 1 100" preserveAspectRatio="none"><line x2="1" y1="${round(100 - chart.limit, 1)}" y2="${round(100 - chart.limit, 1)}"></line></svg>
% endif
</div>
</div>
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
<rect class="chart-good" x="${bar.x}" y="${bar.y}" width="${bar.width}" height="${bar.height}"></rect>
% endfor
</svg></%def>
