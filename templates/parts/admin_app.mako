## What administrators see of an app on several pages. `app` is a row of sql.clients.overview or sql.admin.waiting_clients.

<%def name="home_page(app)">\
% if app.home_page:
<a href="${app.home_page}" rel="noopener noreferrer">${app.home_page}</a>\
% else:
–\
% endif
</%def>
