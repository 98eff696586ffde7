## The list of redirect URIs whose scheme has no dot.
<%inherit file="/layout/admin.mako"/>
<%page args="form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Listed redirect URIs</%def>
<p>Some code editors return to an address whose scheme has no dot, such as <code>cursor:</code>, which any program on a device can claim. Public apps can register the ones you list here, exactly as written. List only addresses that the editors’ makers document. If you remove one, apps that registered it keep it.</p>
<%forms:form action="/admin/registration/uris" of="${form}">
${forms.area(form, "uris", "Redirect URIs", rows=6, required=False, hint="One per line, for example cursor://anysphere.cursor-mcp/oauth/callback.")}
<div class="actions">
${forms.button("Save")}
<a href="/admin/registration">Cancel</a>
</div>
</%forms:form>
