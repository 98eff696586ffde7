## Names that no other app may have.
<%inherit file="/layout/admin.mako"/>
<%page args="form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Protected names</%def>
<p>Developers can’t give an app a name that looks like one of these, like that of a verified app, or like “${brand.name}”: capitals, spaces, punctuation, accents and similar letters make no difference. Names that differ by one character are <a href="/admin/reports">reported</a>. If an app really is the one it is named after, give it the name in its settings: administrators can use any name. Self-registered apps aren’t checked, as users see their host first.</p>
<%forms:form action="/admin/names" of="${form}">
${forms.area(form, "names", "Names", rows=16, required=False, hint="One per line.")}
${forms.button("Save")}
</%forms:form>
