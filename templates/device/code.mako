## Where a user enters the code that a device shows; a link from the device fills it in.
<%inherit file="/layout/frame.mako"/>
<%page args="form, is_filled"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="device" file="/parts/device.mako"/>
<%def name="title()">Connect a device</%def>
<%def name="kind()">narrow</%def>
<div class="card">
% if is_filled:
<p class="lead">Does your device show exactly this code?</p>
% else:
<p class="lead">Enter the code that your device shows.</p>
% endif
<%forms:form action="/device" of="${form}">
${forms.field(form, "user_code", "Code", autocomplete="off", maxlength=40, hint="Dashes, spaces and capital letters don’t matter.", autofocus=not is_filled)}
${device.warning()}
${forms.button("Continue")}
</%forms:form>
</div>
