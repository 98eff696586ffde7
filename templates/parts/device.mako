## What every page about a device says, as the code can come from someone else's device (RFC 8628 §5.4).
<%def name="warning()">
<p class="notice warn"><strong>Continue only if you started this yourself, on a device in front of you.</strong> If someone sent you this code or a link to this page, close it: they would get access to your account.</p>
</%def>
