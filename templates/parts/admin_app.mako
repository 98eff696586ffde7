## What administrators see of an app on several pages. `app` is a row of sql.apps.find or sql.review.waiting.

<%def name="home_page(app)">\
% if app.home_page:
<a href="${app.home_page}" rel="noopener noreferrer">${app.home_page}</a>\
% else:
–\
% endif
</%def>
