## One app of the review queue; `skip` is the address of the next one.
<%inherit file="/layout/admin.mako"/>
<%page args="one, skip"/>
<%namespace name="cards" file="/parts/review.mako"/>
<%def name="title()">Review ${one.app.name}</%def>
<h2>New app</h2>
<p>Until it’s approved, only its developers can connect it.</p>
${cards.waiting(one, "next")}
<p><a href="${skip}">Skip to the next app</a></p>
