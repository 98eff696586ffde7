## The warning before the consent page of an app that is little known here.
<%inherit file="/layout/consent.mako"/>
<%page args="summary, reputation, others, csrf"/>
<%namespace name="consent" file="/parts/consent.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Do you know ${summary.requester}?</%def>
<%def name="heading()">Do you know <bdi>${summary.requester}</bdi>?</%def>
${consent.warning(summary, reputation, others)}
<%forms:form action="/oauth/authorize" csrf="${csrf}">
<div class="actions equal">
<button class="primary" type="submit" name="decision" value="deny">Cancel</button>
<button type="submit" name="decision" value="continue">Continue</button>
</div>
</%forms:form>
