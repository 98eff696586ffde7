<%inherit file="/layout/frame.mako"/>
<%page args="form, r, waiting, sign_in_address"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="marks" file="/parts/brand.mako"/>
<%namespace name="account" file="/parts/account.mako"/>
<%def name="title()">Create an account</%def>
<%def name="kind()">narrow</%def>
% if waiting:
<p>Create your ${brand.name} account to continue to <strong><bdi>${waiting}</bdi></strong>.</p>
% endif
<%forms:form action="/signup" of="${form}">
${forms.hidden("r", r)}
${account.fields(form)}
${marks.conditions()}
${forms.button("Create account")}
</%forms:form>
<p>Already have an account? <a href="${sign_in_address}">Sign in</a>.</p>
