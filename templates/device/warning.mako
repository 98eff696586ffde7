## The warning before the question about a device, for an app that is little known here.
<%inherit file="/layout/consent.mako"/>
<%page args="summary, form, reputation, others"/>
<%namespace name="consent" file="/parts/consent.mako"/>
<%namespace name="device" file="/parts/device.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Do you know ${summary.name}?</%def>
<%def name="heading()">Do you know <bdi>${summary.name}</bdi>?</%def>
${consent.warning(summary, reputation, others)}
${device.warning()}
<div class="actions equal">
${forms.post("/device/answer", "Cancel", user_code=form.get("user_code"), decision="deny")}
<%forms:form action="/device" of="${form}">
${forms.hidden("user_code", form.get("user_code"))}
<button type="submit">Continue</button>
</%forms:form>
</div>
