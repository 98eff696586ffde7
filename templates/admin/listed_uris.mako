## The list of redirect URIs whose scheme has no dot.
<%inherit file="/layout/admin.mako"/>
<%page args="form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Redirect URIs of editors</%def>
<p>An address with a scheme of one word, like <code>cursor:</code>, can be claimed by any program on a device. Public apps can register those that you list here, exactly as written. List only addresses that their makers document. Apps that registered one keep it when you remove it.</p>
<%forms:form action="/admin/registration/uris" of="${form}">
${forms.area(form, "uris", "Redirect URIs", rows=6, required=False, hint="One per line, for example cursor://anysphere.cursor-mcp/oauth/callback.")}
<div class="actions">
${forms.button("Save")}
<a href="/admin/registration">Cancel</a>
</div>
</%forms:form>
