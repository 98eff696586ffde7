## After a decision about a device.
<%inherit file="/layout/frame.mako"/>
<%def name="title()">Go back to your device</%def>
<%def name="kind()">narrow</%def>
<p>You can close this page. What you allowed is listed under <a href="/account/apps">Connected apps</a>, where you can disconnect it.</p>
