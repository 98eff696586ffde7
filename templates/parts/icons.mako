## Icons (pages.icons): the frame has the sprite once, icon() refers to it. They decorate: the words beside them say the same.

<%def name="icon(name, kind='')"><svg class="icon ${kind}" viewBox="0 0 24 24" aria-hidden="true"><use href="#icon-${name}"></use></svg></%def>

<%def name="sprite()">
<svg class="sprite" width="0" height="0" aria-hidden="true">
% for name, path in ICONS.items():
<symbol id="icon-${name}" viewBox="0 0 24 24"><path d="${path}"></path></symbol>
% endfor
</svg>
</%def>
