## Names that no other app may have.
<%inherit file="/layout/admin.mako"/>
<%page args="form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Protected names</%def>
<p>Developers can’t use a name that looks like one of these, like a verified app’s, or like “${brand.name}”. Capital letters, spaces, punctuation, accents and similar-looking letters make no difference. Names that differ by one character are <a href="/admin/reports">reported</a>. If an app really belongs to the owner of the name, set the name yourself in the app’s settings: administrators can use any name. Self-registered apps aren’t checked, because users see their host first.</p>
<%forms:form action="/admin/names" of="${form}">
${forms.area(form, "names", "Names", rows=16, required=False, hint="One per line.")}
${forms.button("Save")}
</%forms:form>
<p><a href="/admin/names.csv">Download as CSV</a></p>
