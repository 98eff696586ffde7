## A new scope.
<%inherit file="/layout/admin.mako"/>
<%page args="form, icons, preview"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="scopes" file="/parts/scope.mako"/>
<%def name="title()">Add a scope</%def>
<%forms:form action="/admin/scopes" of="${form}">
${forms.field(form, "scope", "Name", maxlength=100, autocomplete="off", hint="The value apps send, for example read:orders. You can’t change it later.")}
${scopes.fields(form, icons)}
<div class="actions">
${forms.button("Add the scope")}
<button type="submit" name="preview" value="yes" formnovalidate>Preview</button>
<a href="/admin/scopes">Cancel</a>
</div>
</%forms:form>
${scopes.preview(preview)}
